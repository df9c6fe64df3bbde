-- risk.portfolio_stress(portfolio, date, model, shocks, propagate)
--     -> one row per factor: factor_id, exposure, shock, shocked_return, contribution
--
-- What a portfolio would return if some factors did: its exposures times the shocks
-- and, where propagated, times what the others return on average given those, under
-- the model: F_us F_ss^-1 s. The contributions sum to the portfolio's return; specific
-- returns are at their mean, 0.
--
-- shocks: an object of factor returns by factor_id, fractions, such as
--     {"market": -0.10, "value": 0.02}. date: null is the last one the model covers.
-- shock is null for a factor without one; its shocked_return is 0 where not propagated.
-- Errors: those of risk.portfolio_risk; 22023 for shocks that are no object, empty or
-- no numbers, for a factor that the model has not, naming those it has, and where the
-- covariance of the shocked factors is singular.
-- Source: Kupiec (1998), Stress Testing in a Value at Risk Framework.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_stress(
    p_portfolio text,
    p_date date,
    p_model text,
    p_shocks jsonb,
    p_propagate boolean default true
)
returns table (
    factor_id text,
    exposure double precision,
    shock double precision,
    shocked_return double precision,
    contribution double precision
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
    shocks double precision[];
    places integer[];
    sizes double precision[];
    loads double precision[];
begin
    select * into given from risk.portfolio_inputs(
        p_portfolio, p_date, p_model, null, 1
    );
    shocks := risk.portfolio_shocks(p_shocks, given.factor_ids);
    select * into v from risk.holdings_vectors(
        given.security_ids, given.weights, null, null,
        given.trade_date, given.specific_model_id, given.factor_ids
    );
    if p_propagate then
        select array_agg(s.place order by s.place), array_agg(s.size order by s.place)
        into places, sizes
        from unnest(shocks) with ordinality as s (size, place)
        where s.size is not null;
        loads := linalg.solve_symmetric(
            (
                select array_agg(
                    array(
                        select given.covariance[one.place][other.place]
                        from unnest(places) with ordinality as other (place, nr)
                        order by other.nr
                    ) order by one.nr
                )
                from unnest(places) with ordinality as one (place, nr)
            ),
            sizes
        );
    end if;

    return query
    select
        factor.factor_id,
        v.exposures[factor.place],
        shocks[factor.place],
        moved.by,
        v.exposures[factor.place] * moved.by
    from unnest(given.factor_ids) with ordinality as factor (factor_id, place)
    cross join lateral (
        select coalesce(shocks[factor.place], (
            select sum(given.covariance[factor.place][shocked.place] * shocked.load)
            from unnest(places, loads) as shocked (place, load)
        ), 0) as by
    ) as moved
    order by factor.place;
end
$body$;

comment on function risk.portfolio_stress(text, date, text, jsonb, boolean) is
'What a portfolio would return if some factors did, the others as they go with them.';
