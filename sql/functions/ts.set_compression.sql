-- ts.set_compression(target, after, segment_by, order_by) -> void
--
-- Compresses what is older than `after`: rows of one segment_by value together,
-- in the order of order_by (a column list, 'trade_date' or 'bar_at desc').
-- A null `after` withdraws the policy; what is compressed stays so. On plain
-- PostgreSQL nothing is compressed, and ts.status() says so.
-- For the owner of the table.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.set_compression(
    target regclass,
    after interval,
    segment_by text default null,
    order_by text default null
)
returns void
language plpgsql
volatile
as $body$
begin
    perform ts.set_policy(target, 'compression', after);
    if ts.engine() <> 'timescaledb' then
        return;
    end if;
    perform remove_compression_policy(target, if_exists => true);
    if after is null then
        return;
    end if;
    execute format(
        'alter table %s set (timescaledb.compress, '
        'timescaledb.compress_segmentby = %L, timescaledb.compress_orderby = %L)',
        target, coalesce(segment_by, ''), coalesce(order_by, '')
    );
    perform add_compression_policy(
        target, after, schedule_interval => interval '1 day',
        initial_start => ts.first_run()
    );
end
$body$;

comment on function ts.set_compression(regclass, interval, text, text) is
'Compresses what is older than an interval, where TimescaleDB is installed.';
