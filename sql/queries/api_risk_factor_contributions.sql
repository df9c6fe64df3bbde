-- Where a portfolio's volatility, or its tracking error, comes from, factor by factor.
-- Parameters: portfolio, trade_date, model, benchmark, horizon_days, active
select
    factor_id,
    factor_kind,
    exposure,
    factor_volatility,
    marginal,
    contribution,
    share

from
    risk.portfolio_factor_risk(
        %(portfolio)s,
        %(trade_date)s,
        %(model)s,
        %(benchmark)s,
        %(horizon_days)s,
        %(active)s
    )
