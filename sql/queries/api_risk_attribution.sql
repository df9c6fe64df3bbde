-- What factors contributed to a portfolio's daily returns, active beside a benchmark.
-- The days of earlier pages are not computed again: each day stands alone.
-- Parameters: portfolio, from_date, to_date, benchmark, after_trade_date,
-- after_factor_id, max_rows
select
    trade_date,
    factor_id,
    family,
    exposure,
    factor_return,
    contribution

from
    risk.attribution(
        %(portfolio)s,
        coalesce(%(after_trade_date)s::date, %(from_date)s::date),
        %(to_date)s,
        %(benchmark)s
    )

where
    %(after_factor_id)s::text is null
    or (trade_date, factor_id) > (%(after_trade_date)s::date, %(after_factor_id)s::text)

order by trade_date, factor_id

limit %(max_rows)s
