-- What today's weights would have lost in the past.
-- Parameters: portfolio, trade_date, days, confidence, horizon_days
select
    n_days,
    first_date,
    value_at_risk,
    expected_shortfall,
    worst_date,
    worst_return

from
    risk.portfolio_historical_risk(
        %(portfolio)s, %(trade_date)s, %(days)s, %(confidence)s, %(horizon_days)s
    )
