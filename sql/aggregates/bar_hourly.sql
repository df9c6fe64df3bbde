-- ts.bar_hourly: Minute bars by hour.
-- Grain: one row per security and hour with a bar.
--
-- bucket_start is where the hour begins.
-- open and close are those of the first and the last bar; volume sums the
-- shares, bars counts the bars. Prices and volume are on the basis of their
-- source, see ref.data_source.
--
-- Tested in: tests/sql/test_ts_rollups.py

select ts.create_rollup(
    'bar_hourly', 'raw.minute_bar_current', 'bar_at', interval '1 hour',
    'security_id',
    'first(open) as open, max(high) as high, min(low) as low, last(close) as close, '
    'sum(volume) as volume, count(*) as bars',
    'Minute bars by hour.'
);

select ts.set_refresh_policy('bar_hourly', interval '1 day');
