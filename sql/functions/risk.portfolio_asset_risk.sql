-- risk.portfolio_asset_risk(
--     portfolio, date, model, benchmark, horizon_days, active)
--     -> one row per name: security_id, ticker, weight, active_weight, beta,
--        volatility, marginal, factor_contribution, specific_contribution,
--        contribution, share
--
-- Where a portfolio's volatility comes from, name by name, largest contribution first:
-- weight times marginal, which sums to the total volatility (Euler). With active, the
-- same of the tracking error, by active weights; then the benchmark's names are rows
-- too, with a weight of 0 where the portfolio does not hold them.
--
-- weight, active_weight: fractions, the latter less the benchmark's. beta: the name's
-- covariance with the benchmark over the benchmark's variance, under the model.
-- volatility: the name's own, over the horizon. marginal: how the portfolio's
-- volatility changes by a unit of weight, cash paying for it. contribution: of factors
-- and of the name's specific risk, fractions over the horizon; share: over the total.
-- Null for a name that the model does not cover: all from beta on; where benchmark is
-- null: active_weight and beta; where there is no risk: marginal and share.
-- Errors: those of risk.portfolio_risk; 22023 for active without a benchmark.
-- Source: Litterman (1996), Hot Spots and Hedges.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_asset_risk(
    p_portfolio text,
    p_date date default null,
    p_model text default 'short',
    p_benchmark text default 'market',
    p_horizon_days integer default 1,
    p_active boolean default false
)
returns table (
    security_id integer,
    ticker text,
    weight double precision,
    active_weight double precision,
    beta double precision,
    volatility double precision,
    marginal double precision,
    factor_contribution double precision,
    specific_contribution double precision,
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
    other record;
    styles text[];
    places integer[];
begin
    perform risk.portfolio_check_active(p_active, p_benchmark);
    select * into given from risk.portfolio_inputs(
        p_portfolio, p_date, p_model, p_benchmark, p_horizon_days
    );
    select * into v from risk.holdings_vectors(
        given.security_ids, given.weights, given.benchmark_ids, given.benchmark_weights,
        given.trade_date, given.specific_model_id, given.factor_ids
    );
    select * into m from risk.holdings_marginals(
        given.covariance,
        case when p_active then v.active_exposures else v.exposures end,
        case when p_active then v.active_specific_variance else v.specific_variance end
    );
    select * into other from risk.holdings_marginals(
        given.covariance, v.benchmark_exposures, v.benchmark_specific_variance
    );
    select array_agg(factor.factor_id order by factor.place), array_agg(factor.place)
    into styles, places
    from unnest(given.factor_ids) with ordinality as factor (factor_id, place)
    where risk.portfolio_factor_kind(factor.factor_id) = 'style';

    return query execute format(
        $query$
            with

            held as materialized (
                select * from (%1$s) as own where own.is_held or $12
            ),

            -- Market and sector are the same for all names of a sector.
            sectors as (
                select
                    sector,
                    $7[market] + coalesce($7[place], 0) as sector_marginal,
                    $8[market] + coalesce($8[place], 0) as sector_benchmark_marginal,
                    $9[market][market]
                    + coalesce(2 * $9[market][place] + $9[place][place], 0)
                        as sector_variance,
                    array(
                        select 2 * ($9[market][style] + coalesce($9[place][style], 0))
                        from unnest($10) with ordinality as s (style, nr)
                        order by nr
                    ) as sector_slopes
                from (
                    select distinct
                        sector,
                        array_position($11, 'market') as market,
                        array_position($11, risk.sector_factor(sector)) as place
                    from held
                    where is_covered
                ) as named
            ),

            -- Materialized, or each use of a sum would compute it again.
            measured as materialized (
                select
                    held.security_id,
                    held.weight,
                    held.weight - held.benchmark_weight as active_weight,
                    held.benchmark_weight,
                    held.specific_volatility * held.specific_volatility
                        as specific_variance,
                    sector_marginal%2$s as marginal,
                    sector_benchmark_marginal%3$s as benchmark_marginal,
                    %4$s as factor_variance,
                    case when $12 then held.weight - held.benchmark_weight
                        else held.weight end as counted
                from held
                left join sectors
                    on held.is_covered and held.sector = sectors.sector
            ),

            -- A name's marginal: of factors, and of its own specific risk.
            split as (
                select
                    *,
                    specific_variance * counted / nullif($13, 0) as own_marginal
                from measured
            )

            select
                split.security_id,
                security.ticker,
                split.weight,
                case when $3 is not null then split.active_weight end,
                case
                    when $3 is not null
                        then
                            (
                                split.benchmark_marginal * $14
                                + split.specific_variance * split.benchmark_weight
                            ) / nullif($14 * $14, 0)
                end,
                $15 * sqrt(split.factor_variance + split.specific_variance),
                $15 * (split.marginal + split.own_marginal),
                $15 * split.counted * split.marginal,
                $15 * split.counted * split.own_marginal,
                $15 * split.counted * (split.marginal + split.own_marginal),
                split.counted * (split.marginal + split.own_marginal) / nullif($13, 0)
            from split
            left join marts.dim_security as security
                on split.security_id = security.security_id
            order by 10 desc nulls last, 1
        $query$,
        risk.holdings_query(styles),
        (
            select string_agg(format(' + $7[%s] * x%s', place, nr), '' order by nr)
            from unnest(places) with ordinality as s (place, nr)
        ),
        (
            select string_agg(format(' + $8[%s] * x%s', place, nr), '' order by nr)
            from unnest(places) with ordinality as s (place, nr)
        ),
        risk.holdings_variance_expression(given.covariance, places)
    ) using
        given.security_ids, given.weights, given.benchmark_ids, given.benchmark_weights,
        given.trade_date, given.specific_model_id,
        m.marginals, other.marginals, given.covariance, places, given.factor_ids,
        p_active, m.volatility, other.volatility, sqrt(p_horizon_days);
end
$body$;

comment on function risk.portfolio_asset_risk(
    text, date, text, text, integer, boolean
) is
'Contributions of names to a portfolio''s volatility, with their betas.';
