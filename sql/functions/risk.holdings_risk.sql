-- risk.holdings_risk(
--     security_ids, weights, benchmark_ids, benchmark_weights,
--     trade_date, specific_model_id, factor_ids, covariance, horizon_days) -> one row
--
-- Risk of weights on a day of a risk model: the numbers of risk.portfolio_risk, for
-- any holdings. Without a benchmark what compares with one is null.
--
-- covariance: K x K, daily, in the order of the K factor_ids.
-- Value at risk and expected shortfall are those of a normal distribution with mean 0:
-- quantile 1.645 or 2.326 times the volatility, and density there over tail.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology; McNeil, Frey and Embrechts
-- (2015), Quantitative Risk Management, section 2.3.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.holdings_risk(
    p_security_ids integer[],
    p_weights double precision[],
    p_benchmark_ids integer[],
    p_benchmark_weights double precision[],
    p_trade_date date,
    p_specific_model_id integer,
    p_factor_ids text[],
    p_covariance double precision[],
    p_horizon_days integer
)
returns table (
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
language plpgsql
stable
parallel safe
as $body$
declare
    v record;
    root_horizon constant double precision := sqrt(p_horizon_days);
    factor_exposures double precision[];
    factor_variance double precision;
    variance double precision;
begin
    select * into v from risk.holdings_vectors(
        p_security_ids, p_weights, p_benchmark_ids, p_benchmark_weights,
        p_trade_date, p_specific_model_id, p_factor_ids
    );
    n_holdings := cardinality(p_security_ids);
    n_covered := v.n_covered;
    covered_weight := v.covered_weight;
    uncovered_weight := v.uncovered_weight;
    uncovered := array(
        select coalesce(security.ticker, '#' || own.security_id)
        from unnest(v.uncovered) as own (security_id)
        left join marts.dim_security as security
            on own.security_id = security.security_id
        order by 1
    );

    -- A covariance is positive semidefinite up to rounding, which is no variance.
    factor_exposures := linalg.multiply_vector(p_covariance, v.exposures);
    factor_variance := greatest(linalg.dot(factor_exposures, v.exposures), 0);
    factor_volatility := root_horizon * sqrt(factor_variance);
    specific_volatility := root_horizon * sqrt(v.specific_variance);
    total_volatility := root_horizon * sqrt(factor_variance + v.specific_variance);
    value_at_risk_95 := 1.6448536269514727 * total_volatility;
    value_at_risk_99 := 2.3263478740408411 * total_volatility;
    expected_shortfall_95 := 2.0627128075074260 * total_volatility;
    expected_shortfall_99 := 2.6652142203458048 * total_volatility;

    if p_benchmark_ids is not null then
        benchmark_uncovered_weight := v.benchmark_uncovered_weight;
        variance := greatest(
            linalg.quadratic_form(p_covariance, v.benchmark_exposures), 0
        ) + v.benchmark_specific_variance;
        benchmark_volatility := root_horizon * sqrt(variance);
        beta := (
            linalg.dot(factor_exposures, v.benchmark_exposures) + v.specific_covariance
        ) / nullif(variance, 0);
        factor_variance := greatest(
            linalg.quadratic_form(p_covariance, v.active_exposures), 0
        );
        active_factor_volatility := root_horizon * sqrt(factor_variance);
        active_specific_volatility := root_horizon * sqrt(v.active_specific_variance);
        active_volatility := root_horizon
            * sqrt(factor_variance + v.active_specific_variance);
    end if;
    return next;
end
$body$;

comment on function risk.holdings_risk(
    integer[], double precision[], integer[], double precision[], date, integer,
    text[], double precision[], integer
) is
'Risk of weights on a day of a risk model.';
