-- risk.portfolio_factor_risk(
--     portfolio, date, model, benchmark, horizon_days, active)
--     -> one row per factor and one 'specific': factor_id, factor_kind, exposure,
--        factor_volatility, marginal, contribution, share
--
-- Where a portfolio's volatility comes from, factor by factor: exposure times
-- marginal, which sums with the row 'specific' to the total volatility (Euler).
-- With active, the same of the tracking error: exposures less the benchmark's.
--
-- factor_volatility: of the factor's return, or the portfolio's specific volatility;
-- marginal: how volatility changes by a unit of exposure; contribution: fractions over
-- the horizon; share: contribution over the total. Null in the row 'specific' are
-- exposure and marginal; null in all rows marginal and share where there is no risk.
-- Errors: those of risk.portfolio_risk; 22023 for active without a benchmark.
-- Source: Litterman (1996), Hot Spots and Hedges.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_factor_risk(
    p_portfolio text,
    p_date date default null,
    p_model text default 'short',
    p_benchmark text default 'market',
    p_horizon_days integer default 1,
    p_active boolean default false
)
returns table (
    factor_id text,
    factor_kind text,
    exposure double precision,
    factor_volatility double precision,
    marginal double precision,
    contribution double precision,
    share double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    given record;
    v record;
    m record;
    root_horizon double precision;
begin
    perform risk.portfolio_check_active(p_active, p_benchmark);
    select * into given from risk.portfolio_inputs(
        p_portfolio, p_date, p_model, case when p_active then p_benchmark end,
        p_horizon_days
    );
    select * into v from risk.holdings_vectors(
        given.security_ids, given.weights, given.benchmark_ids, given.benchmark_weights,
        given.trade_date, given.specific_model_id, given.factor_ids
    );
    select * into m from risk.holdings_marginals(
        given.covariance, v.active_exposures, v.active_specific_variance
    );
    root_horizon := sqrt(p_horizon_days);
    return query
    select
        part.factor_id,
        part.factor_kind,
        part.exposure,
        root_horizon * part.volatility,
        root_horizon * part.marginal,
        root_horizon * part.contribution,
        part.contribution / nullif(m.volatility, 0)
    from (
        select
            factor.factor_id,
            risk.portfolio_factor_kind(factor.factor_id) as factor_kind,
            v.active_exposures[factor.place] as exposure,
            sqrt(given.covariance[factor.place][factor.place]) as volatility,
            m.marginals[factor.place] as marginal,
            coalesce(v.active_exposures[factor.place] * m.marginals[factor.place], 0)
                as contribution,
            factor.place
        from unnest(given.factor_ids) with ordinality as factor (factor_id, place)
        union all
        select
            'specific',
            'specific',
            null,
            sqrt(v.active_specific_variance),
            null,
            coalesce(v.active_specific_variance / nullif(m.volatility, 0), 0),
            null
    ) as part
    order by part.place;
end
$body$;

comment on function risk.portfolio_factor_risk(
    text, date, text, text, integer, boolean
) is
'Contributions of factors and specific risk to a portfolio''s volatility.';
