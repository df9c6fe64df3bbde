-- ts.bar_monthly: Daily bars by month.
-- Grain: one row per security and month with a bar.
--
-- bucket_start is the first of the month.
-- open and close are those of the first and the last bar; volume sums the
-- shares, bars counts the bars. Prices and volume are on the basis of their
-- source, see ref.data_source.
--
-- Tested in: tests/sql/test_ts_rollups.py

select ts.create_rollup(
    'bar_monthly', 'raw.daily_bar_current', 'trade_date', interval '1 month',
    'security_id',
    'first(open) as open, max(high) as high, min(low) as low, last(close) as close, '
    'sum(volume) as volume, count(*) as bars',
    'Daily bars by month.'
);

select ts.set_refresh_policy('bar_monthly', interval '1 day');
