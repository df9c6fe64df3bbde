"""Schemas, roles and default privileges.

Roles belong to the cluster, not to a database: they are created if absent and
never dropped by a down migration, because another warehouse may use them.
"""

from alembic import op

revision = "0001"
down_revision = None

SCHEMAS = {
    "raw": "Data exactly as published, append-only, every row with its load_id.",
    "ref": "Reference data: securities, tickers, sectors, universes, calendar.",
    "ops": "How the warehouse runs: builds, intervals, policies, checksums.",
    "ts": "The only place that knows whether TimescaleDB is there.",
    "fac": "Factor mathematics as SQL functions.",
    "linalg": "Linear algebra as SQL functions.",
    "stats": "Statistics as SQL functions and aggregates.",
    "staging": "dbt: sources renamed and cast, nothing else.",
    "intermediate": "dbt: point-in-time building blocks.",
    "factors": "dbt: one wide relation per factor family, raw values.",
    "ranks": "dbt: values with z-scores and scores, one relation per family.",
    "risk": "dbt: factor returns, covariance, specific risk.",
    "marts": "dbt: what readers, BI tools and the API use.",
}
DBT_SCHEMAS = ["staging", "intermediate", "factors", "ranks", "risk", "marts"]
ROLES = ["factorium_owner", "factorium_ingest", "factorium_transform", "factorium_reader"]


def upgrade() -> None:
    for role in ROLES:  # names written above, so nothing to inject
        op.execute(
            f"""
            do $$ begin
                if not exists (select 1 from pg_roles where rolname = '{role}') then
                    create role {role} nologin;
                end if;
            end $$
            """  # noqa: S608
        )
    # The migrating login works as any of them; a superuser may anyway.
    op.execute(
        """
        do $$ begin
            if not (select rolsuper from pg_roles where rolname = current_user) then
                execute format(
                    'grant factorium_owner, factorium_ingest, factorium_transform, '
                    'factorium_reader to %I', current_user
                );
            end if;
        end $$
        """
    )
    for schema, comment in SCHEMAS.items():
        owner = "factorium_transform" if schema in DBT_SCHEMAS else "factorium_owner"
        op.execute(f"create schema if not exists {schema} authorization {owner}")
        op.execute(f"comment on schema {schema} is '{comment}'")
        op.execute(f"revoke all on schema {schema} from public")
    op.execute("revoke create on schema public from public")

    op.execute("grant usage on schema raw, ref, ops, ts, fac, stats to factorium_ingest")
    op.execute("grant usage on schema raw, ref, ops, ts, fac, linalg, stats to factorium_transform")
    op.execute("grant usage on schema marts, fac, linalg, stats to factorium_reader")

    # raw: ingest appends, nobody rewrites. Its own current tables get more, below.
    owner = "alter default privileges for role factorium_owner"
    op.execute(f"{owner} in schema raw grant select, insert on tables to factorium_ingest")
    op.execute(f"{owner} in schema raw grant select on tables to factorium_transform")
    op.execute(
        f"{owner} in schema ref grant select, insert, update, delete on tables to factorium_ingest"
    )
    op.execute(f"{owner} in schema ref grant select on tables to factorium_transform")
    op.execute(
        f"{owner} in schema ops grant select, insert, update, delete on tables "
        "to factorium_ingest, factorium_transform"
    )
    op.execute(
        f"{owner} in schema ts grant select, insert, update, delete on tables "
        "to factorium_ingest, factorium_transform"
    )
    for schema in ("raw", "ref", "ops", "ts"):
        op.execute(
            f"{owner} in schema {schema} grant usage on sequences "
            "to factorium_ingest, factorium_transform"
        )
    op.execute(f"{owner} revoke execute on functions from public")
    op.execute(
        f"{owner} in schema fac grant execute on functions "
        "to factorium_ingest, factorium_transform, factorium_reader"
    )
    for schema in ("linalg", "stats"):
        op.execute(
            f"{owner} in schema {schema} grant execute on functions "
            "to factorium_ingest, factorium_transform, factorium_reader"
        )
    for schema in ("ts", "ops", "ref"):
        op.execute(
            f"{owner} in schema {schema} grant execute on functions "
            "to factorium_ingest, factorium_transform"
        )
    # What dbt creates in marts is readable by _reader, and by nobody else.
    transform = "alter default privileges for role factorium_transform"
    op.execute(f"{transform} in schema marts grant select on tables to factorium_reader")
    op.execute(f"{transform} revoke execute on functions from public")
    op.execute(f"{transform} in schema marts grant execute on functions to factorium_reader")


def downgrade() -> None:
    for schema in reversed(SCHEMAS):
        op.execute(f"drop schema if exists {schema} cascade")
    op.execute("grant create on schema public to public")
    for creator in ("factorium_owner", "factorium_transform"):
        op.execute(
            f"alter default privileges for role {creator} grant execute on functions to public"
        )
