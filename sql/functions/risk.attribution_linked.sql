-- risk.attribution_linked(portfolio, from, to, benchmark default null)
--     -> one row per factor_id
--
-- Contributions of factors over a range of days: those of risk.attribution, linked by
-- risk.attribution_scales. They add up to the portfolio's compounded return, or, beside
-- a benchmark, to the difference of both compounded returns. Null where a factor had
-- no return on any day of the range. No rows without days.
-- Errors: those of risk.attribution; 22023 for a daily return of -1 or below.
--
-- Security definer, because readers may read marts only; it writes nothing.
-- Source: Carino (1999), Journal of Performance Measurement 3(4), 5-14.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_linked(
    p_portfolio text, p_from date, p_to date, p_benchmark text default null
)
returns table (
    factor_id text,
    family text,
    contribution double precision
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
    with days as materialized (
        select * from risk.attribution_active(p_portfolio, p_from, p_to, p_benchmark)
    ),
    totals as (
        select
            array_agg(trade_date order by trade_date) as dates,
            array_agg(portfolio_return order by trade_date) as returns,
            case
                when p_benchmark is not null
                    then array_agg(benchmark_return order by trade_date)
            end as benchmark_returns
        from days
        where family = 'unexplained'
    ),
    scales as (
        select linked.trade_date, linked.scale
        from totals
        cross join lateral unnest(
            totals.dates,
            risk.attribution_scales(totals.returns, totals.benchmark_returns)
        ) as linked (trade_date, scale)
    )
    select days.factor_id, days.family, sum(days.contribution * scales.scale)
    from days
    inner join scales on days.trade_date = scales.trade_date
    group by days.factor_id, days.family
    order by
        array_position(array[
            'market', 'sector', 'style', 'specific', 'risk_free', 'unexplained'
        ], days.family),
        days.factor_id
$body$;

comment on function risk.attribution_linked(text, date, date, text) is
'Contributions of factors to a portfolio''s compounded return over a range of days.';
