-- risk.portfolio_risk(portfolio, date, model, benchmark, horizon_days) -> one row
--
-- Forecast risk of a portfolio at the close of a date: w'(X F X' + D)w, with weights w,
-- exposures X, and the model's factor covariance F and specific variances D.
--
-- date: null is the last one that the model covers. portfolio, benchmark: as in
--     risk.portfolio_weights; a benchmark of null leaves what compares with one null.
-- Volatilities, value at risk and expected shortfall are fractions over horizon_days
-- sessions; the last two positive for a loss, of a normal distribution with mean 0.
-- total_volatility^2 = factor_volatility^2 + specific_volatility^2, and so for active_,
-- which is portfolio less benchmark (active_volatility is the tracking error). beta:
-- covariance with the benchmark over its variance, under the model.
-- covered_weight, uncovered_weight, uncovered: names without exposures or specific
-- risk on the date count as without risk, like cash; uncovered has their tickers.
-- Specific returns are independent between names, two lines of one company included.
-- Errors: P0002 for a portfolio, universe or model that is unknown; 22023 for a date
-- that the model does not cover or on which the portfolio holds nothing, and for a
-- horizon below 1.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_risk(
    p_portfolio text,
    p_date date default null,
    p_model text default 'short',
    p_benchmark text default 'market',
    p_horizon_days integer default 1
)
returns table (
    portfolio text,
    model text,
    trade_date date,
    horizon_days integer,
    n_holdings integer,
    n_covered integer,
    covered_weight double precision,
    uncovered_weight double precision,
    total_volatility double precision,
    factor_volatility double precision,
    specific_volatility double precision,
    benchmark_volatility double precision,
    active_volatility double precision,
    active_factor_volatility double precision,
    active_specific_volatility double precision,
    beta double precision,
    value_at_risk_95 double precision,
    value_at_risk_99 double precision,
    expected_shortfall_95 double precision,
    expected_shortfall_99 double precision,
    uncovered text[],
    benchmark_uncovered_weight double precision
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select p_portfolio, p_model, given.trade_date, p_horizon_days, result.*
    from risk.portfolio_inputs(
        p_portfolio, p_date, p_model, p_benchmark, p_horizon_days
    ) as given
    cross join lateral risk.holdings_risk(
        given.security_ids, given.weights, given.benchmark_ids, given.benchmark_weights,
        given.trade_date, given.specific_model_id, given.factor_ids, given.covariance,
        p_horizon_days
    ) as result
$body$;

comment on function risk.portfolio_risk(text, date, text, text, integer) is
'Forecast risk of a portfolio, its parts, and the same against a benchmark.';
