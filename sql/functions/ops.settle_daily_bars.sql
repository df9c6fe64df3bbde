-- ops.settle_daily_bars(load_ids) -> integer
--
-- Merges newly landed daily bars into raw.daily_bar_current, one row per
-- security and session. Of several deliveries of one day the row is taken
-- whole from one of them: from a source that has a close, of the lowest
-- priority number, retrieved last, loaded last. A row never mixes sources,
-- so two split bases cannot corrupt each other; and the best of what has
-- arrived against the best so far is the best of all, in whatever order files
-- land. Days that are no session of the exchange stay in raw. Returns the
-- rows written.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_daily_bars(load_ids bigint[])
returns integer
language plpgsql
volatile
set work_mem = '256MB'
as $body$
declare
    written integer;
begin
    perform ops.gather_arriving(load_ids);

    create temporary table winners on commit drop as
    select distinct on (security_id, trade_date) *
    from arriving
    order by
        security_id, trade_date, (close is null), priority,
        retrieved_on desc nulls last, load_id desc;

    create temporary table best_return on commit drop as
    select distinct on (security_id, trade_date)
        security_id, trade_date, prev_in_load, vendor_return, source_id
    from arriving
    where vendor_return is not null
    order by security_id, trade_date, priority, load_id desc;

    -- Names whose history merely grows at its end; the others are linked anew.
    create temporary table grown on commit drop as
    select w.security_id, c.last_date, min(w.trade_date) as since,
        coalesce(min(w.trade_date) > c.last_date, true) as is_appended
    from winners as w
    left join lateral (
        select max(b.trade_date) as last_date from raw.daily_bar_current as b
        where b.security_id = w.security_id
    ) as c on true
    group by w.security_id, c.last_date;
    analyze winners (security_id, trade_date);
    analyze best_return (security_id, trade_date);
    analyze grown;

    -- Nothing to compare with where every name is new or only grows.
    execute $sql$
    insert into raw.daily_bar_current as b (
        security_id, trade_date, open, high, low, close, volume, source_id, load_id,
        prev_date, vendor_return, vendor_return_source_id
    )
    select
        w.security_id, w.trade_date, w.open, w.high, w.low, w.close, w.volume,
        w.source_id, w.load_id, w.prev_date, r.vendor_return, r.source_id
    from (
        select
            winners.*,
            coalesce(
                lag(winners.trade_date) over (
                    partition by winners.security_id order by winners.trade_date
                ),
                grown.last_date
            ) as prev_date
        from winners inner join grown using (security_id)
    ) as w
    left join best_return as r
        on w.security_id = r.security_id and w.trade_date = r.trade_date
        and w.prev_date = r.prev_in_load
    $sql$ || case when exists (select from grown where not is_appended) then $sql$
    on conflict (security_id, trade_date) do update set
        open = excluded.open, high = excluded.high, low = excluded.low,
        close = excluded.close, volume = excluded.volume,
        source_id = excluded.source_id, load_id = excluded.load_id
    where ops.beats(excluded.close, excluded.source_id, excluded.load_id,
        b.close, b.source_id, b.load_id)
    $sql$ else '' end;
    get diagnostics written = row_count;

    create temporary table touched_since on commit drop as
    select security_id, since from grown where not is_appended;
    if exists (select from touched_since) then
        perform ops.link_bars();
    end if;

    insert into ops.change (input, from_date, to_date, load_id)
    select 'bars', min(trade_date), max(trade_date), load_id from winners group by load_id;
    insert into ops.bar_span (first_date, last_date)
    select min(trade_date), max(trade_date) from winners having count(*) > 0
    on conflict (is_only) do update set
        first_date = least(bar_span.first_date, excluded.first_date),
        last_date = greatest(bar_span.last_date, excluded.last_date);

    drop table arriving, winners, best_return, grown, touched_since;
    return written;
end
$body$;

comment on function ops.settle_daily_bars(bigint[]) is
'Merges newly landed daily bars into one current row per security and session.';
