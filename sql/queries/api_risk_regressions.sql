-- How well each day's cross-sectional regression explains returns.
-- Parameters: from_date, to_date, after_trade_date, max_rows
select
    trade_date,
    weighting,
    n_names,
    n_sectors,
    r2,
    adjusted_r2,
    sectors_r2,
    adjusted_sectors_r2,
    reason

from marts.fct_regressions

where
    trade_date between %(from_date)s and %(to_date)s
    and (
        %(after_trade_date)s::date is null
        or trade_date > %(after_trade_date)s::date
    )

order by trade_date

limit %(max_rows)s
