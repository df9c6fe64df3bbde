"""Operations: builds, the interval ledger, changes waiting to be built, checksums."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
create table ops.sql_object (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table ops.sql_object is 'Checksums of sql/functions and sql/aggregates as applied.';

create table ops.build (
    build_id bigint generated always as identity primary key,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    status text not null default 'running' check (status in ('running', 'done', 'failed')),
    since date,
    until date,
    is_full_refresh boolean not null default false,
    max_load_id bigint,
    dates_built integer,
    error text
);

create table ops.interval (
    model text not null,
    column_name text not null,
    column_version text not null,
    trade_date date not null,
    build_id bigint,
    built_at timestamptz not null default clock_timestamp(),
    first_built_at timestamptz not null default clock_timestamp(),
    is_dirty boolean not null default false,
    dirty_load_id bigint,
    primary key (model, column_name, trade_date)
);
comment on table ops.interval is
'Which dates of which factor column are built, at which version; dirty dates are rebuilt.';

create table ops.change (
    change_id bigint generated always as identity primary key,
    input text not null check (input in ('bars', 'actions', 'facts', 'macro', 'maps')),
    from_date date not null,
    to_date date,
    load_id bigint,
    companies integer[],
    created_at timestamptz not null default clock_timestamp()
);
create index change_input on ops.change (input, change_id);
comment on table ops.change is
'Dates that newly landed data touch, per kind of input.';
comment on column ops.change.companies is
'Companies it is about, by company_id; null: any.';

create table ops.model_cursor (
    model text primary key,
    version text not null,
    change_id bigint not null default 0,
    moved_at timestamptz not null default clock_timestamp()
);
comment on table ops.model_cursor is
'The last change each model has taken into account, and the version of its code.';

create table ops.factor_revision (
    factor_id text not null,
    security_id integer,
    trade_date date not null,
    old_value double precision,
    new_value double precision,
    build_id bigint,
    load_id bigint,
    published_at timestamptz not null,
    superseded_at timestamptz not null default clock_timestamp()
);
create index factor_revision_date on ops.factor_revision (factor_id, trade_date);
comment on table ops.factor_revision is
'Factor values that late or corrected data replaced: what was published, and until when.';

create table ops.bar_span (
    is_only boolean primary key default true check (is_only),
    first_date date not null,
    last_date date not null
);
comment on table ops.bar_span is 'First and last session with a daily bar.';
"""


def upgrade() -> None:
    op.execute("set local role factorium_owner")
    op.execute(TABLES)
    op.execute("reset role")


def downgrade() -> None:
    op.execute(
        "drop table ops.factor_revision, ops.bar_span, ops.model_cursor, ops.change, "
        "ops.interval, ops.build, ops.sql_object cascade"
    )
