-- risk.macro_projection(macro_ids, from, to, step_days, lags)
--     -> table (factor_id, macro_id, n, beta, standard_error, t_stat, r2)
--
-- Factor returns projected on macro factors: per risk factor a regression of its
-- returns, summed over step_days sessions, on the changes of the macro factors as they
-- were known at both ends, all of them together and with a constant (macro_id
-- 'constant'). A risk factor without a return in any step is left out. beta: return as
-- a fraction per unit of the macro factor. Newey-West standard errors over `lags`
-- steps.
-- Errors: 22023 naming macro factors that are unknown; where the steps are fewer than
--     ten more than the macro factors.
-- Source: Chen, Roll and Ross (1986), Economic forces and the stock market.
--
-- Tested in: tests/risk/test_premia.py

create or replace function risk.macro_projection(
    p_macro_ids text[] default array[
        'yield_level_10y', 'term_spread_10y_2y', 'baa_spread_10y',
        'breakeven_inflation_10y', 'implied_volatility'
    ],
    p_from date default null,
    p_to date default null,
    p_step_days integer default 21,
    p_lags integer default 1
)
returns table (
    factor_id text,
    macro_id text,
    n integer,
    beta double precision,
    standard_error double precision,
    t_stat double precision,
    r2 double precision
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    unknown text;
    dates date[];
    changes double precision[];
begin
    select string_agg(wanted.id, ', ') into unknown
    from unnest(p_macro_ids) as wanted (id)
    where wanted.id not in (select d.factor_id from marts.dim_factor as d where d.kind = 'macro');
    if unknown is not null then
        raise exception using errcode = '22023', message = format(
            'risk.macro_projection: unknown macro factors: %s', unknown);
    end if;

    -- Ends of steps at which every macro factor has a value, and its change since the
    -- end before.
    with ends as (
        select place.trade_date
        from (
            select r.trade_date, row_number() over (order by r.trade_date) as number
            from marts.fct_regressions as r
            where r.reason is null
            and r.trade_date between coalesce(p_from, '-infinity') and coalesce(p_to, 'infinity')
        ) as place
        where place.number % p_step_days = 0
    ),
    levels as (
        select
            ends.trade_date,
            array_agg(m.value order by array_position(p_macro_ids, m.factor_id)) as level,
            count(m.value) as n_known
        from ends
        inner join marts.fct_macro_factors as m
            on ends.trade_date = m.trade_date and m.factor_id = any(p_macro_ids)
        group by ends.trade_date
    ),
    moved as (
        select
            l.trade_date,
            l.level,
            lag(l.level) over (order by l.trade_date) as before
        from levels as l
        where l.n_known = cardinality(p_macro_ids)
    )
    select
        array_agg(moved.trade_date order by moved.trade_date),
        array_agg(change.values order by moved.trade_date)
    into dates, changes
    from moved
    cross join lateral (
        select array_agg(now.v - earlier.v order by now.place) as values
        from unnest(moved.level) with ordinality as now (v, place)
        inner join unnest(moved.before) with ordinality as earlier (v, place)
            on now.place = earlier.place
    ) as change
    where moved.before is not null;

    if coalesce(cardinality(dates), 0) < cardinality(p_macro_ids) + 10 then
        raise exception using errcode = '22023', message = format(
            'risk.macro_projection: %s steps of %s sessions for %s macro factors',
            coalesce(cardinality(dates), 0), p_step_days, cardinality(p_macro_ids)
        );
    end if;

    return query
    select
        f.factor_id,
        named.id,
        fitted.n,
        fitted.coefficients[named.place],
        fitted.standard_errors[named.place],
        fitted.t_stats[named.place],
        fitted.r2
    from marts.dim_risk_factor as f
    cross join lateral (
        -- Sums since the end before: every session of the steps counts once.
        select array_agg(summed.r order by summed.trade_date)
                filter (where summed.r is not null) as returns
        from (
            select step.trade_date, sum(r.factor_return) as r
            from (
                select d.trade_date, lag(d.trade_date) over (order by d.trade_date) as before
                from unnest(dates) as d (trade_date)
            ) as step
            inner join marts.fct_factor_returns as r
                on r.factor_id = f.factor_id and r.trade_date <= step.trade_date
                and r.trade_date > coalesce(step.before, (
                    select min(first.trade_date) from (
                        select s.session_date as trade_date from ref.session as s
                        where s.session_date <= step.trade_date
                        order by s.session_date desc limit p_step_days + 1
                    ) as first
                ))
            group by step.trade_date
        ) as summed
    ) as series
    cross join lateral risk.attribution_regression(series.returns, changes, p_lags) as fitted
    cross join lateral unnest(array['constant'] || p_macro_ids)
        with ordinality as named (id, place)
    where cardinality(series.returns) = cardinality(dates)
    order by f.place, named.place;
end
$body$;

comment on function risk.macro_projection(text[], date, date, integer, integer) is
'Regressions of factor returns on changes of macro factors.';
