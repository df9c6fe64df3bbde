-- ts.make_hypertable(target, time_column, chunk_interval) -> void
--
-- Registers a table as one of the time series. With TimescaleDB it becomes a
-- hypertable in chunks of chunk_interval, its rows moved along; on plain
-- PostgreSQL it stays an ordinary table. The table's unique keys must contain
-- the time column, and its indexes are its own: none is added. Calling it
-- again changes nothing. For the owner of the table.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.make_hypertable(
    target regclass,
    time_column name,
    chunk_interval interval
)
returns void
language plpgsql
volatile
as $body$
begin
    if ts.engine() = 'timescaledb' then
        perform create_hypertable(
            target, by_range(time_column, chunk_interval),
            create_default_indexes => false, if_not_exists => true,
            migrate_data => true
        );
    end if;
    insert into ts.time_table (relation, time_column, chunk_interval)
    values (target, time_column, chunk_interval)
    on conflict (relation) do nothing;
end
$body$;

comment on function ts.make_hypertable(regclass, name, interval) is
'Registers a time series; a hypertable where TimescaleDB is installed.';
