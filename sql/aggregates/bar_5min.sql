-- ts.bar_5min: Minute bars by 5 minutes.
-- Grain: one row per security and 5 minutes with a bar.
--
-- bucket_start is where the 5 minutes begin.
-- open and close are those of the first and the last bar; volume sums the
-- shares, bars counts the bars. Prices and volume are on the basis of their
-- source, see ref.data_source.
--
-- Tested in: tests/sql/test_ts_rollups.py

select ts.create_rollup(
    'bar_5min', 'raw.minute_bar_current', 'bar_at', interval '5 minutes',
    'security_id',
    'first(open) as open, max(high) as high, min(low) as low, last(close) as close, '
    'sum(volume) as volume, count(*) as bars',
    'Minute bars by 5 minutes.'
);

select ts.set_refresh_policy('bar_5min', interval '1 day');
