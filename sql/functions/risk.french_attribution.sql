-- risk.french_attribution(portfolio, from, to, window_days default null,
--     factors default Mkt-RF, SMB, HML)
--     -> one row per window, market and factor_id
--
-- Regression of a portfolio's daily returns in excess of French's bill rate on
-- Fama-French factors, over the days that have both: over the whole range, or, with
-- window_days, over every window of so many days in it. Each over all its days, and
-- over those alone on which Mkt-RF was up (0 or more) or down.
--
-- market: all, up or down. window_from, window_to: first and last day of the window.
-- n_days: observations. factor_id: alpha, or a factor's name.
-- coefficient: alpha as a fraction a day, betas as ratios. standard_error, t_stat:
--     Newey-West with 5 lags, over the observations in a row. r2: of the regression.
--     Null where there are no more observations than coefficients.
-- Errors: P0002 for an unknown portfolio; 55000 where no factor returns were landed;
--     22023 for unknown factors, a range without common days, fewer than
--     window_days of them, or a window of no more days than coefficients.
--
-- Security definer, because readers may read marts only; it writes nothing.
-- Source: Fama & French (1993), Journal of Financial Economics 33, 3-56.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.french_attribution(
    p_portfolio text,
    p_from date,
    p_to date,
    p_window_days integer default null,
    p_factors text[] default array['Mkt-RF', 'SMB', 'HML']
)
returns table (
    market text,
    window_from date,
    window_to date,
    n_days integer,
    factor_id text,
    coefficient double precision,
    standard_error double precision,
    t_stat double precision,
    r2 double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
as $body$
declare
    own_id integer := risk.attribution_portfolio_id(p_portfolio);
    dates date[];
    excess double precision[];
    factors double precision[];
    is_up boolean[];
    n integer;
begin
    if p_window_days <= cardinality(p_factors) + 1 then
        raise exception using errcode = '22023', message = format(
            'a window of %s days is too short for %s factors',
            p_window_days, cardinality(p_factors));
    end if;
    -- What is wrong with the factors is said even of a portfolio without returns.
    perform from risk.attribution_french(p_factors, p_from, p_to);
    select
        array_agg(own.trade_date order by own.trade_date),
        array_agg(
            own.portfolio_return - french.risk_free_return order by own.trade_date
        ),
        array_agg(french.returns order by own.trade_date),
        array_agg(french.market_return >= 0 order by own.trade_date),
        count(*)
    into dates, excess, factors, is_up, n
    from risk.attribution_returns(array[own_id], p_from, p_to) as own
    inner join risk.attribution_french(p_factors, p_from, p_to) as french
        on own.trade_date = french.period_date;
    if n < greatest(p_window_days, 1) then
        raise exception using errcode = '22023', message = format(
            '%s and the Fama-French factors have %s days in common from %s to %s%s',
            p_portfolio, n, p_from, p_to,
            ', fewer than ' || p_window_days);
    end if;
    return query
    with observations as materialized (
        select
            day, excess[day] as y, is_up[day] as is_up,
            array(
                select factors[day][place]
                from generate_series(1, cardinality(p_factors)) as s (place)
                order by place
            ) as x
        from generate_series(1, n) as s (day)
    ),
    windows as (
        select last_place - coalesce(p_window_days, n) + 1 as first_place, last_place
        from generate_series(coalesce(p_window_days, n), n) as s (last_place)
    ),
    inputs as (
        select
            windows.*, markets.market, markets.place as market_place,
            coalesce(
                array_agg(own.y order by own.day) filter (where own.day is not null),
                '{}'
            ) as y,
            array_agg(own.x order by own.day) filter (where own.day is not null) as x
        from windows
        cross join unnest(array['all', 'up', 'down'], array[null, true, false])
            with ordinality as markets (market, direction, place)
        left join observations as own
            on own.day between windows.first_place and windows.last_place
                and (markets.direction is null or own.is_up = markets.direction)
        group by
            windows.first_place, windows.last_place, markets.market, markets.place
    )
    select
        inputs.market, dates[inputs.first_place], dates[inputs.last_place],
        cardinality(inputs.y), term.factor_id, fit.coefficients[term.place],
        fit.standard_errors[term.place], fit.t_stats[term.place], fit.r2
    from inputs
    cross join lateral risk.attribution_regression(inputs.y, inputs.x, 5) as fit
    cross join lateral unnest(array['alpha'] || p_factors)
        with ordinality as term (factor_id, place)
    order by inputs.last_place, inputs.market_place, term.place;
end
$body$;

comment on function risk.french_attribution(text, date, date, integer, text[]) is
'Regression of a portfolio''s excess returns on Fama-French factors.';
