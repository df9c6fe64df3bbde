-- ops.gather_arriving(load_ids) -> void
--
-- The temporary table `arriving`: the daily bars of these loads by security,
-- on sessions of the exchange, with the total return since the bar before in
-- the same load. A vendor-adjusted close means something only against another
-- of the same snapshot, so the return never reaches from one load to another.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.gather_arriving(load_ids bigint[])
returns void
language plpgsql
volatile
set work_mem = '256MB'
as $body$
begin
    create temporary table vendor_ticker on commit drop as
    select named.ticker as vendor_ticker, r.security_id, r.valid_from, r.valid_to
    from (select distinct ticker from raw.daily_bar where load_id = any(load_ids)) as named
    inner join ref.ticker_range as r on ref.normal_ticker(named.ticker) = r.ticker;
    analyze vendor_ticker;

    create temporary table arriving on commit drop as
    select
        t.security_id, b.trade_date, b.open, b.high, b.low, b.close, b.volume,
        b.source_id, b.load_id, d.priority, d.retrieved_on,
        lag(b.trade_date) over snapshot as prev_in_load,
        b.adj_close / nullif(lag(b.adj_close) over snapshot, 0) - 1 as vendor_return
    from raw.daily_bar as b
    inner join vendor_ticker as t
        on b.ticker = t.vendor_ticker
        and b.trade_date >= t.valid_from and b.trade_date < t.valid_to
    inner join ref.session as s on b.trade_date = s.session_date
    inner join ref.data_source as d on b.source_id = d.source_id
    where b.load_id = any(load_ids)
    window snapshot as (partition by t.security_id, b.load_id order by b.trade_date);
    analyze arriving;
    drop table vendor_ticker;
end
$body$;

comment on function ops.gather_arriving(bigint[]) is
'Makes the temporary table arriving: bars of these loads by security, with returns.';
