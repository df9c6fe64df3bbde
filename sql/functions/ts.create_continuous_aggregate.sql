-- ts.create_continuous_aggregate(rollup) -> void
--
-- A rollup as TimescaleDB's continuous aggregate, empty, without the part not
-- yet materialized: what it answers is what the last refresh made.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.create_continuous_aggregate(rollup ts.rollup)
returns void
language plpgsql
volatile
as $body$
begin
    perform ts.create_for_transform(format(
        'create materialized view ts.%I '
        'with (timescaledb.continuous, timescaledb.materialized_only = true) '
        'as %s with no data', rollup.name, ts.rollup_select(rollup)
    ));
end
$body$;

comment on function ts.create_continuous_aggregate(ts.rollup) is
'Makes a rollup as an empty continuous aggregate of TimescaleDB.';
