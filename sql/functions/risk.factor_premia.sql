-- risk.factor_premia(from, to, lags)
--     -> table (factor_id, n_days, premium, standard_error, t_stat,
--               annual_premium, annual_volatility)
--
-- Fama-MacBeth premia: the mean of each factor's daily cross-sectional returns between
-- two dates (null: all there are), with Newey-West standard errors over so many lags.
-- premium and standard_error are fractions per day, the annual ones over 252 days. Days
-- without a return of the factor do not count.
-- Source: Fama and MacBeth (1973); Newey and West (1987).
--
-- Tested in: tests/risk/test_premia.py

create or replace function risk.factor_premia(
    p_from date default null, p_to date default null, p_lags integer default 5
)
returns table (
    factor_id text,
    n_days integer,
    premium double precision,
    standard_error double precision,
    t_stat double precision,
    annual_premium double precision,
    annual_volatility double precision
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select
        series.factor_id,
        series.n_days,
        tested.mean,
        tested.standard_error,
        tested.t_stat,
        252 * tested.mean,
        sqrt(252.0) * series.deviation
    from (
        select
            r.factor_id,
            count(*)::integer as n_days,
            array_agg(r.factor_return order by r.trade_date) as returns,
            stddev_samp(r.factor_return) as deviation
        from marts.fct_factor_returns as r
        where r.trade_date between coalesce(p_from, '-infinity') and coalesce(p_to, 'infinity')
        and r.factor_return is not null
        group by r.factor_id
    ) as series
    inner join marts.dim_risk_factor as f on series.factor_id = f.factor_id
    cross join lateral stats.newey_west_mean(
        series.returns, least(p_lags, series.n_days - 1)
    ) as tested
    order by f.place
$body$;

comment on function risk.factor_premia(date, date, integer) is
'Mean daily factor returns with Newey-West errors (Fama-MacBeth premia).';
