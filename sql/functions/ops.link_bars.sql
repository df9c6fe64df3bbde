-- ops.link_bars() -> void
--
-- For the securities in the temporary table touched_since, from that date on:
-- the session each bar follows (prev_date), and the vendor's total return
-- between the two. A vendor-adjusted close means something only against
-- another of the same snapshot, so the return is the ratio of two adjusted
-- closes of one load, from the source of the lowest priority number that has
-- both. Null where no snapshot has both.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.link_bars()
returns void
language plpgsql
volatile
as $body$
begin
    create temporary table chain on commit drop as
    select c.security_id, c.trade_date, c.prev_date
    from (
        select
            b.security_id, b.trade_date,
            lag(b.trade_date) over (
                partition by b.security_id order by b.trade_date
            ) as prev_date
        from raw.daily_bar_current as b
        inner join touched_since as t on b.security_id = t.security_id
        where b.trade_date >= t.since - 400
    ) as c
    inner join touched_since as t on c.security_id = t.security_id
    where c.trade_date >= t.since;
    analyze chain;

    create temporary table vendor_return on commit drop as
    select distinct on (security_id, trade_date)
        security_id, trade_date, prev_date,
        adj_close / prev_adj_close - 1 as vendor_return, source_id
    from (
        select
            r.security_id, b.trade_date, b.adj_close, b.source_id, b.load_id,
            lag(b.trade_date) over snapshot as prev_date,
            lag(b.adj_close) over snapshot as prev_adj_close
        from raw.daily_bar as b
        inner join ref.ticker_range as r
            on ref.normal_ticker(b.ticker) = r.ticker
            and b.trade_date >= r.valid_from and b.trade_date < r.valid_to
        inner join touched_since as t on r.security_id = t.security_id
        where b.adj_close > 0 and b.trade_date >= t.since - 400
        window snapshot as (
            partition by r.security_id, b.load_id order by b.trade_date
        )
    ) as ratios
    inner join chain using (security_id, trade_date, prev_date)
    inner join ref.data_source as d using (source_id)
    order by security_id, trade_date, d.priority, load_id desc;
    analyze vendor_return;

    update raw.daily_bar_current as b set
        prev_date = c.prev_date,
        vendor_return = v.vendor_return,
        vendor_return_source_id = v.source_id
    from chain as c
    left join vendor_return as v using (security_id, trade_date)
    where b.security_id = c.security_id and b.trade_date = c.trade_date
    and (b.prev_date, b.vendor_return, b.vendor_return_source_id)
        is distinct from (c.prev_date, v.vendor_return, v.source_id);

    drop table chain, vendor_return;
end
$body$;

comment on function ops.link_bars() is
'Sets prev_date and the vendor''s total return of the bars of touched_since.';
