-- ops.settle_minute_bars(load_ids) -> integer
--
-- Merges newly landed minute bars into raw.minute_bar_current by the same
-- rule as daily ones: one row per security and minute, whole from one source.
-- Returns the rows written.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_minute_bars(load_ids bigint[])
returns integer
language plpgsql
volatile
as $body$
declare
    written integer;
begin
    insert into raw.minute_bar_current
        (security_id, bar_at, open, high, low, close, volume, source_id, load_id)
    select distinct on (r.security_id, b.bar_at)
        r.security_id, b.bar_at, b.open, b.high, b.low, b.close, b.volume, b.source_id, b.load_id
    from raw.minute_bar as n
    inner join raw.minute_bar as b on n.ticker = b.ticker and n.bar_at = b.bar_at
    inner join ref.ticker_range as r
        on ref.normal_ticker(b.ticker) = r.ticker
        and b.bar_at::date >= r.valid_from and b.bar_at::date < r.valid_to
    inner join ref.data_source as d on b.source_id = d.source_id
    where n.load_id = any(load_ids)
    order by
        r.security_id, b.bar_at, (b.close is null), d.priority,
        d.retrieved_on desc nulls last, b.load_id desc
    on conflict (security_id, bar_at) do update set
        open = excluded.open, high = excluded.high, low = excluded.low,
        close = excluded.close, volume = excluded.volume,
        source_id = excluded.source_id, load_id = excluded.load_id
    where minute_bar_current.load_id is distinct from excluded.load_id;
    get diagnostics written = row_count;
    return written;
end
$body$;

comment on function ops.settle_minute_bars(bigint[]) is
'Merges newly landed minute bars into one current row per security and minute.';
