"""The risk registry: models, their frozen estimates, portfolios.

What a user or a program creates, not dbt: it stays through every rebuild. The
relations that dbt computes stand beside it in the schema `risk`.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

# The owner's functions and tables live in a schema that belongs to dbt's role.
PRIVILEGES = """
grant usage, create on schema risk to factorium_owner;
grant usage on schema risk to factorium_ingest, factorium_reader;
alter default privileges for role factorium_owner in schema risk
    grant execute on functions to factorium_ingest, factorium_transform, factorium_reader;
alter default privileges for role factorium_owner in schema risk
    grant select, insert on tables to factorium_transform;
alter default privileges for role factorium_owner in schema risk
    grant usage on sequences to factorium_transform
"""

TABLES = """
create table risk.model (
    model_id integer generated always as identity primary key,
    name text not null,
    version integer not null default 1,
    description text not null,
    parameters jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null default session_user,
    retired_at timestamptz,
    unique (name, version),
    check (name ~ '^[a-z][a-z0-9_]*$'),
    check (version > 0)
);
create unique index model_in_force on risk.model (name) where retired_at is null;
comment on table risk.model is
    'Risk models: what each is estimated with. One version of a name is in force.';
comment on column risk.model.parameters is
    'Half-lives in sessions, lags, simulations; see risk.default_parameters().';
comment on column risk.model.retired_at is 'Since when no build estimates it; null while in force.';

create table risk.estimate (
    estimate_id bigint generated always as identity primary key,
    model_id integer not null references risk.model,
    build_id bigint not null,
    trade_date date not null,
    parameters jsonb not null,
    factor_ids text[] not null,
    history_dates date[] not null,
    factor_history double precision[] not null,
    covariance double precision[] not null,
    diagnostics jsonb not null,
    checksum text not null,
    created_at timestamptz not null default clock_timestamp()
);
create index estimate_model on risk.estimate (model_id, trade_date);
comment on table risk.estimate is
    'Frozen estimates of models: covariance with the factor returns it was made of.';
comment on column risk.estimate.build_id is 'Build whose data it was estimated on.';
comment on column risk.estimate.factor_history is
    'Daily factor returns it was made of, one row per date of history_dates, fractions.';
comment on column risk.estimate.covariance is
    'Daily covariance of factor returns, in the order of factor_ids.';
comment on column risk.estimate.checksum is 'SHA-256 of the covariance and specific risk, as bits.';

create table risk.estimate_specific (
    estimate_id bigint not null references risk.estimate,
    security_id integer not null,
    specific_volatility double precision not null,
    primary key (estimate_id, security_id)
);
comment on table risk.estimate_specific is
    'Daily specific volatilities of a frozen estimate, as fractions.';

create table risk.portfolio (
    portfolio_id integer generated always as identity primary key,
    name text not null unique,
    description text,
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null default session_user,
    check (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]*$')
);
comment on table risk.portfolio is 'Portfolios that users uploaded.';

create table risk.holding (
    portfolio_id integer not null references risk.portfolio on delete cascade,
    valid_from date not null,
    security_id integer not null,
    weight double precision not null,
    uploaded_at timestamptz not null default clock_timestamp(),
    primary key (portfolio_id, valid_from, security_id),
    check (weight > '-Infinity' and weight < 'Infinity')
);
comment on table risk.holding is
    'Weights of portfolios at the close of valid_from, in force until the next upload.';
comment on column risk.holding.weight is 'Fraction of the portfolio''s value; negative is short.'
"""

# An estimate is evidence: nobody rewrites it, not even its owner by mistake.
IMMUTABLE = """
create function risk.refuse_change() returns trigger language plpgsql as $body$
begin
    raise exception using
        errcode = '55000',
        message = format('risk.%s is immutable: make a new estimate instead', tg_table_name);
end
$body$;
create trigger immutable before update or delete or truncate on risk.estimate
    for each statement execute function risk.refuse_change();
create trigger immutable before update or delete or truncate on risk.estimate_specific
    for each statement execute function risk.refuse_change()
"""


# A registered model is a change like landed data: the next build takes it into account.
CHANGES = """
alter table ops.change drop constraint change_input_check;
alter table ops.change add constraint change_input_check
    check (input in ({inputs}))
"""
INPUTS = "'bars', 'actions', 'facts', 'macro', 'maps'"


def upgrade() -> None:
    op.execute(PRIVILEGES)
    op.execute(CHANGES.format(inputs=f"{INPUTS}, 'models', 'portfolios'"))
    op.execute("set local role factorium_owner")
    op.execute(TABLES)
    op.execute(IMMUTABLE)
    op.execute("reset role")
    op.execute("grant update, delete on risk.portfolio, risk.holding to factorium_transform")


def downgrade() -> None:
    op.execute("delete from ops.change where input in ('models', 'portfolios')")
    # Files that put something into the tables run again with the next migration up.
    op.execute("delete from ops.sql_object where name like 'risk.%'")
    op.execute(CHANGES.format(inputs=INPUTS))
    op.execute(
        "drop table risk.holding, risk.portfolio, risk.estimate_specific, risk.estimate, "
        "risk.model cascade"
    )
    op.execute("drop function risk.refuse_change()")
    op.execute(
        "alter default privileges for role factorium_owner in schema risk "
        "revoke execute on functions from factorium_ingest, factorium_transform, factorium_reader;"
        "alter default privileges for role factorium_owner in schema risk "
        "revoke select, insert on tables from factorium_transform;"
        "alter default privileges for role factorium_owner in schema risk "
        "revoke usage on sequences from factorium_transform;"
        "revoke usage, create on schema risk from factorium_owner;"
        "revoke usage on schema risk from factorium_ingest, factorium_reader"
    )
