"""The time-series layer: its registry, the current bars, hypertables and policies.

Beside the append-only bars stands one table per frequency with one current row
per security and time; rollups and models read that one, because a continuous
aggregate cannot de-duplicate. TimescaleDB is used where the server preloads it;
everything that differs is behind the functions of the schema `ts`.

Chunks: a query reads few of them and one fits in memory with its indexes.
Daily bars of 3,000 names are 0.75 million rows a year, so a chunk is a year and
ten years are ten chunks to plan over; minute bars of them are 6 million rows a
week, so a chunk is a week.
"""

from alembic import op

from factorium.paths import SQL

revision = "0005"
down_revision = "0004"

# In the order they use each other: migrations run before sql/functions are applied.
FUNCTIONS = [
    "ts.engine",
    "ts.first_run",
    "ts.set_policy",
    "ts.make_hypertable",
    "ts.set_compression",
]

# The settings view names it only where the library is preloaded; with the
# extension's files alone `create extension` would fail. Who wants plain
# PostgreSQL nevertheless connects with PGOPTIONS='-c factorium.engine=native'.
EXTENSION = """
do $$ begin
    if exists (select from pg_available_extensions where name = 'timescaledb')
        and exists (select from pg_settings where name = 'timescaledb.max_background_workers')
        and current_setting('factorium.engine', true) is distinct from 'native'
    then
        create extension if not exists timescaledb;
    end if;
end $$
"""

# TimescaleDB runs a job as the owner of its table and refuses one who may not
# log in. The two roles get no password, so nobody can log in as them where the
# server asks for one.
JOB_OWNERS = """
do $$ declare missing text; begin
    if not exists (select from pg_extension where extname = 'timescaledb') then
        return;
    end if;
    for missing in
        select rolname from pg_roles
        where rolname in ('factorium_owner', 'factorium_transform') and not rolcanlogin
    loop
        execute format('alter role %I login password null', missing);
    end loop;
end $$
"""

PRIVILEGES = """
alter default privileges for role factorium_owner in schema ts
    revoke insert, update, delete on tables from factorium_ingest, factorium_transform;
alter default privileges for role factorium_owner in schema ts
    revoke execute on functions from factorium_ingest, factorium_transform
"""

# Rollups belong to factorium_transform, who refreshes them: TimescaleDB lets
# only the owner. The owner of the schema still makes, replaces and drops them.
MEMBERSHIP = """
do $$ begin
    if not pg_has_role('factorium_owner', 'factorium_transform', 'set') then
        grant factorium_transform to factorium_owner;
    end if;
end $$
"""

TABLES = """
create table ts.time_table (
    relation regclass primary key,
    time_column name not null,
    chunk_interval interval,
    lost_before date
);
comment on table ts.time_table is
'The time series: every table of ts.make_hypertable(), every rollup of ts.create_rollup().';
comment on column ts.time_table.lost_before is
'What is older may have been deleted by a retention that has since been lengthened or withdrawn.';

create table ts.policy (
    relation regclass not null,
    kind text not null check (kind in ('compression', 'retention', 'refresh')),
    span interval,
    every interval not null,
    set_at timestamptz not null default now(),
    last_run_at timestamptz,
    primary key (relation, kind)
);
comment on table ts.policy is
'What was asked of a table; worked off by ts.run_policies() where TimescaleDB has no jobs for it.';

create table ts.rollup (
    name text primary key,
    source regclass not null,
    time_column name not null,
    bucket interval not null,
    time_zone text,
    group_columns text not null,
    aggregates text not null,
    created_at timestamptz not null default now()
);
comment on table ts.rollup is 'The rollups made by ts.create_rollup(), and what they are made of.';
comment on column ts.rollup.time_zone is 'Where its days begin; null is UTC, or a source of dates.';
create index rollup_source on ts.rollup (source);

create table ts.dirty_bucket (
    rollup text not null references ts.rollup on delete cascade,
    bucket_start timestamp not null
);
create index dirty_bucket_rollup on ts.dirty_bucket (rollup, bucket_start);
comment on table ts.dirty_bucket is
'Buckets whose source changed since ts.refresh(), on plain PostgreSQL, in the time zone of the '
'rollup. A bucket may stand here more than once: writers only append, so they never wait.';
grant delete on ts.dirty_bucket to factorium_transform;
grant update (last_run_at) on ts.policy to factorium_transform;

create table raw.daily_bar_current (
    security_id integer not null,
    trade_date date not null,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision,
    source_id smallint not null,
    load_id bigint not null,
    prev_date date,
    vendor_return double precision,
    vendor_return_source_id smallint,
    primary key (security_id, trade_date)
);
comment on table raw.daily_bar_current is
'The one current bar of a security and session, as its source delivered it.';
comment on column raw.daily_bar_current.prev_date is 'The bar before, of the same security.';
comment on column raw.daily_bar_current.vendor_return is
'Adjusted close over that of prev_date, minus 1, both from one snapshot of one source.';
comment on column raw.daily_bar_current.vendor_return_source_id is
'The source of that snapshot; may differ from source_id.';
create index daily_bar_current_date on raw.daily_bar_current (trade_date);

create table raw.minute_bar_current (
    security_id integer not null,
    bar_at timestamptz not null,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision,
    source_id smallint not null,
    load_id bigint not null,
    primary key (security_id, bar_at)
);
comment on table raw.minute_bar_current is
'The one current bar of a security and minute; bar_at is where the minute begins.';
create index minute_bar_current_at on raw.minute_bar_current (bar_at);

grant update, delete on raw.daily_bar_current, raw.minute_bar_current to factorium_ingest;

-- A merge looks bars up by ticker and time.
create index daily_bar_ticker on raw.daily_bar (ticker, trade_date);
create index minute_bar_ticker on raw.minute_bar (ticker, bar_at);
"""

HYPERTABLES = """
select ts.make_hypertable('raw.daily_bar', 'trade_date', interval '365 days');
select ts.make_hypertable('raw.daily_bar_current', 'trade_date', interval '365 days');
select ts.make_hypertable('raw.minute_bar', 'bar_at', interval '7 days');
select ts.make_hypertable('raw.minute_bar_current', 'bar_at', interval '7 days');
select ts.set_compression('raw.daily_bar', interval '90 days', 'ticker', 'trade_date');
select ts.set_compression('raw.daily_bar_current', interval '90 days', 'security_id', 'trade_date');
select ts.set_compression('raw.minute_bar', interval '90 days', 'ticker', 'bar_at');
select ts.set_compression('raw.minute_bar_current', interval '90 days', 'security_id', 'bar_at');
"""

# Rollups first: they read the bars. The extension and the roles' settings
# belong to the database and the cluster and stay.
ROLLUPS_GONE = """
do $$ declare name text; kind "char"; begin
    for name, kind in
        select format('ts.%I', c.relname), c.relkind
        from ts.rollup as r
        inner join pg_class as c
            on c.relname = r.name and c.relnamespace = 'ts'::regnamespace
    loop
        execute format(
            'drop %s %s', case kind when 'v' then 'materialized view' else 'table' end, name
        );
    end loop;
end $$
"""

# A hypertable cannot be undone in place: the bars move to ordinary tables with the same indexes.
RAW_ORDINARY = """
drop index raw.daily_bar_ticker, raw.minute_bar_ticker;
do $$ declare bars text; indexes text[]; index text; begin
    if ts.engine() = 'native' then
        return;
    end if;
    foreach bars in array array['daily_bar', 'minute_bar'] loop
        select array_agg(pg_get_indexdef(indexrelid)) into indexes
        from pg_index where indrelid = ('raw.' || bars)::regclass;
        execute format(
            'create table raw.%I (like raw.%I including defaults including comments)',
            bars || '_plain', bars
        );
        execute format('insert into raw.%I select * from raw.%I', bars || '_plain', bars);
        execute format('drop table raw.%I cascade', bars);
        execute format('alter table raw.%I rename to %I', bars || '_plain', bars);
        foreach index in array coalesce(indexes, '{}') loop
            execute index;
        end loop;
    end loop;
end $$
"""

# Names are read before the first is dropped: cascade takes others along.
FUNCTIONS_GONE = """
do $$ declare routine text; begin
    foreach routine in array coalesce(
        (
            select array_agg(oid::regprocedure::text)
            from pg_proc where pronamespace = 'ts'::regnamespace
        ), '{}'
    ) loop
        execute format('drop routine if exists %s cascade', routine);
    end loop;
end $$
"""

TABLES_GONE = """
drop table raw.daily_bar_current, raw.minute_bar_current cascade;
drop table ts.dirty_bucket, ts.rollup, ts.policy, ts.time_table;
-- Any function may have gone along: the next migration applies all of them.
delete from ops.sql_object;
alter default privileges for role factorium_owner in schema ts
    grant insert, update, delete on tables to factorium_ingest, factorium_transform;
alter default privileges for role factorium_owner in schema ts
    grant execute on functions to factorium_ingest, factorium_transform
"""


def upgrade() -> None:
    op.execute(EXTENSION)
    op.execute(JOB_OWNERS)
    op.execute(MEMBERSHIP)
    op.execute("set local role factorium_owner")
    op.execute(PRIVILEGES)
    op.execute(TABLES)
    for name in FUNCTIONS:
        op.execute((SQL / "functions" / f"{name}.sql").read_text())
    op.execute(HYPERTABLES)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role factorium_owner")
    for statements in (ROLLUPS_GONE, RAW_ORDINARY, FUNCTIONS_GONE, TABLES_GONE):
        op.execute(statements)
    op.execute("reset role")
