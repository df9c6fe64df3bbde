-- ops.settle_daily_bars(load_ids) -> integer
--
-- Merges newly landed daily bars into raw.daily_bar_current, one row per
-- security and session. Of several deliveries of one day the row is taken
-- whole from one of them: from a source that has a close, of the lowest
-- priority number, retrieved last, loaded last. A row never mixes sources,
-- so two split bases cannot corrupt each other. Days that are no session of
-- the exchange are left in raw. Returns the rows written.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_daily_bars(load_ids bigint[])
returns integer
language plpgsql
volatile
as $body$
declare
    written integer;
begin
    create temporary table touched on commit drop as
    select distinct r.security_id, r.ticker, b.ticker as vendor_ticker, b.trade_date
    from raw.daily_bar as b
    inner join ref.ticker_range as r
        on ref.normal_ticker(b.ticker) = r.ticker
        and b.trade_date >= r.valid_from and b.trade_date < r.valid_to
    inner join ref.session as s on b.trade_date = s.session_date
    where b.load_id = any(load_ids);
    analyze touched;

    create temporary table winners on commit drop as
    select distinct on (t.security_id, t.trade_date)
        t.security_id, t.trade_date, b.open, b.high, b.low, b.close, b.volume,
        b.source_id, b.load_id
    from touched as t
    inner join raw.daily_bar as b
        on t.vendor_ticker = b.ticker and t.trade_date = b.trade_date
    inner join ref.data_source as d on b.source_id = d.source_id
    order by
        t.security_id, t.trade_date, (b.close is null), d.priority,
        d.retrieved_on desc nulls last, b.load_id desc;

    insert into raw.daily_bar_current
        (security_id, trade_date, open, high, low, close, volume, source_id, load_id)
    select security_id, trade_date, open, high, low, close, volume, source_id, load_id
    from winners
    order by trade_date, security_id
    on conflict (security_id, trade_date) do update set
        open = excluded.open, high = excluded.high, low = excluded.low,
        close = excluded.close, volume = excluded.volume,
        source_id = excluded.source_id, load_id = excluded.load_id
    where (daily_bar_current.close, daily_bar_current.source_id, daily_bar_current.load_id)
        is distinct from (excluded.close, excluded.source_id, excluded.load_id);
    get diagnostics written = row_count;

    create temporary table touched_since on commit drop as
    select security_id, min(trade_date) as since from touched group by security_id;
    perform ops.link_bars();

    insert into ops.change (input, from_date, to_date, load_id)
    select 'bars', min(trade_date), max(trade_date), load_id from winners group by load_id;
    insert into ops.bar_span (first_date, last_date)
    select min(trade_date), max(trade_date) from winners having count(*) > 0
    on conflict (is_only) do update set
        first_date = least(bar_span.first_date, excluded.first_date),
        last_date = greatest(bar_span.last_date, excluded.last_date);

    drop table touched, winners, touched_since;
    return written;
end
$body$;

comment on function ops.settle_daily_bars(bigint[]) is
'Merges newly landed daily bars into one current row per security and session.';
