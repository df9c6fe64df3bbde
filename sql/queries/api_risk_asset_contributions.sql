-- Where a portfolio's volatility, or its tracking error, comes from, name by name.
-- Parameters: portfolio, trade_date, model, benchmark, horizon_days, active
select
    security_id,
    ticker,
    weight,
    active_weight,
    beta,
    volatility,
    marginal,
    factor_contribution,
    specific_contribution,
    contribution,
    share

from
    risk.portfolio_asset_risk(
        %(portfolio)s,
        %(trade_date)s,
        %(model)s,
        %(benchmark)s,
        %(horizon_days)s,
        %(active)s
    )
