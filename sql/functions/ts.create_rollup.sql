-- ts.create_rollup(
--     rollup_name, source, time_column, bucket, group_columns, aggregates,
--     description, time_zone default null
-- ) -> void
--
-- Makes ts.<rollup_name>: per group and bucket of time, aggregates of the
-- source, one row per (group columns, bucket_start). A continuous aggregate
-- with TimescaleDB, else an ordinary table; ts.refresh() fills it on both.
-- Again with the same definition it changes nothing, with another one the
-- rollup is made anew, empty.
--
-- aggregates is a select list, 'first(open) as open, max(high) as high', see
-- ts.rollup_select(). time_zone says where days begin, for a timestamptz.
--
-- The rollup belongs to factorium_transform, who refreshes it.
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.create_rollup(
    rollup_name text,
    source regclass,
    time_column name,
    bucket interval,
    group_columns text,
    aggregates text,
    description text,
    time_zone text default null
)
returns void
language plpgsql
volatile
as $body$
declare
    wanted ts.rollup := row(
        rollup_name, source, time_column, bucket, time_zone, group_columns, aggregates,
        (select r.created_at from ts.rollup as r where r.name = rollup_name)
    );
begin
    if wanted = (select r from ts.rollup as r where r.name = rollup_name) then
        return;
    end if;
    perform ts.drop_rollup(rollup_name);
    wanted.created_at := now();
    insert into ts.rollup select wanted.*;
    if ts.engine() = 'timescaledb' then
        perform ts.create_continuous_aggregate(wanted);
    else
        perform ts.create_rollup_table(wanted);
    end if;
    execute format('comment on %s ts.%I is %L',
        case ts.engine() when 'timescaledb' then 'view' else 'table' end,
        rollup_name, description
    );
    insert into ts.time_table (relation, time_column)
    values (format('ts.%I', rollup_name)::regclass, 'bucket_start');
end
$body$;

comment on function ts.create_rollup(
    text, regclass, name, interval, text, text, text, text
) is 'Makes a rollup of a time series by buckets of time; ts.refresh() fills it.';
