-- ts.bar_daily_from_minute: Minute bars by day in New York.
-- Grain: one row per security and day with a bar.
--
-- bucket_start is midnight in New York: in UTC, late trading would fall on
-- the next day.
-- open and close are those of the first and the last bar; volume sums the
-- shares, bars counts the bars. Prices and volume are on the basis of their
-- source, see ref.data_source.
--
-- Tested in: tests/sql/test_ts_rollups.py

select ts.create_rollup(
    'bar_daily_from_minute', 'raw.minute_bar_current', 'bar_at', interval '1 day',
    'security_id',
    'first(open) as open, max(high) as high, min(low) as low, last(close) as close, '
    'sum(volume) as volume, count(*) as bars',
    'Minute bars by day in New York.',
    'America/New_York'
);

select ts.set_refresh_policy('bar_daily_from_minute', interval '1 day');
