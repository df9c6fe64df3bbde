-- Today's exposures through the factor returns of another time.
-- Parameters: portfolio, trade_date, from_date, to_date
select
    factor_id,
    exposure,
    factor_return,
    contribution

from
    risk.portfolio_replay(
        %(portfolio)s, %(trade_date)s, %(from_date)s, %(to_date)s
    )
