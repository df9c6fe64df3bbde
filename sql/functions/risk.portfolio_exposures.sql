-- risk.portfolio_exposures(portfolio, date, benchmark)
--     -> one row per factor: factor_id, factor_kind, exposure, benchmark_exposure,
--        active_exposure
--
-- Exposures of a portfolio at the close of a date (null: of the last one with
-- exposures): sums of weights times the names' exposures, the market's and a sector's
-- being the weight there. Names without exposures have no part in them, and the
-- others are not scaled up for it.
-- portfolio, benchmark: as in risk.portfolio_weights; a benchmark of null leaves its
-- columns null.
-- Errors: P0002 for a portfolio or universe that is unknown; 22023 for a date without
-- exposures or on which the portfolio holds nothing.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_exposures(
    p_portfolio text, p_date date default null, p_benchmark text default null
)
returns table (
    factor_id text,
    factor_kind text,
    exposure double precision,
    benchmark_exposure double precision,
    active_exposure double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    day constant date := risk.portfolio_exposure_date(p_date);
    factors constant text[] := array(
        select factor.factor_id from marts.dim_risk_factor as factor
        order by factor.place
    );
    own record;
    v record;
    benchmark_ids integer[];
    benchmark_weights double precision[];
begin
    select * into own from risk.portfolio_positions(p_portfolio, day);
    if p_benchmark is not null then
        select other.security_ids, other.weights into benchmark_ids, benchmark_weights
        from risk.portfolio_positions(p_benchmark, day) as other;
    end if;
    select * into v from risk.holdings_vectors(
        own.security_ids, own.weights, benchmark_ids, benchmark_weights,
        day, null, factors
    );
    return query
    select
        factor.factor_id,
        risk.portfolio_factor_kind(factor.factor_id),
        v.exposures[factor.place],
        case when p_benchmark is not null then v.benchmark_exposures[factor.place] end,
        case when p_benchmark is not null then v.active_exposures[factor.place] end
    from unnest(factors) with ordinality as factor (factor_id, place)
    order by factor.place;
end
$body$;

comment on function risk.portfolio_exposures(text, date, text) is
'Factor exposures of a portfolio, a benchmark and their difference.';
