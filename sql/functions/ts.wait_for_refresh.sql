-- ts.wait_for_refresh(rollup_name) -> void
--
-- Waits until no job of TimescaleDB refreshes a continuous aggregate: a second
-- refresh at the same time would be an error. Reads TimescaleDB's register of
-- running refreshes, where this version has one; a register of a process that
-- is gone counts for nothing.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.wait_for_refresh(rollup_name text)
returns void
language plpgsql
volatile
as $body$
begin
    if to_regclass('_timescaledb_catalog.continuous_aggs_jobs_refresh_ranges') is null then
        return;
    end if;
    while exists (
        select
        from _timescaledb_catalog.continuous_aggs_jobs_refresh_ranges as r
        inner join _timescaledb_catalog.continuous_agg as c
            on r.materialization_id = c.mat_hypertable_id
        inner join pg_stat_activity as a on r.pid = a.pid
        where c.user_view_schema = 'ts' and c.user_view_name = rollup_name
    ) loop
        perform pg_sleep(0.1);
        perform pg_stat_clear_snapshot();
    end loop;
end
$body$;

comment on function ts.wait_for_refresh(text) is
'Waits until no job of TimescaleDB refreshes a continuous aggregate.';

grant execute on function ts.wait_for_refresh(text) to factorium_transform;
