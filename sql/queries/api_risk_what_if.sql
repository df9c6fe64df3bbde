-- Risk of a portfolio as it is, and with some weights changed.
-- Parameters: portfolio, trade_date, model, tickers, changes, benchmark, horizon_days
select
    scenario,
    portfolio,
    model,
    trade_date,
    horizon_days,
    n_holdings,
    n_covered,
    covered_weight,
    uncovered_weight,
    uncovered,
    total_volatility,
    factor_volatility,
    specific_volatility,
    benchmark_volatility,
    benchmark_uncovered_weight,
    active_volatility,
    active_factor_volatility,
    active_specific_volatility,
    beta,
    value_at_risk_95,
    value_at_risk_99,
    expected_shortfall_95,
    expected_shortfall_99

from
    risk.what_if(
        %(portfolio)s,
        %(trade_date)s,
        %(model)s,
        %(tickers)s,
        %(changes)s,
        %(benchmark)s,
        %(horizon_days)s
    )
