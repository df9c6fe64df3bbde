-- risk.attribution_active(portfolio, from, to, benchmark)
--     -> one row per trade_date and factor_id
--
-- risk.attribution_days of a portfolio by name, less those of a benchmark where one is
-- named, beside the day's return of both.
--
-- exposure: null where it is not known of the portfolio or of the benchmark.
-- contribution: fraction; null where the factor had no return that day.
-- portfolio_return, benchmark_return: of the day, fractions; the same in all rows of a
--     day, the latter null without a benchmark.
-- Errors: P0002 for an unknown portfolio; 22023 for dates in the wrong order, and for
--     a benchmark without weights on a day on which the portfolio has them.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_active(
    p_portfolio text, p_from date, p_to date, p_benchmark text
)
returns table (
    trade_date date,
    factor_id text,
    family text,
    exposure double precision,
    factor_return double precision,
    contribution double precision,
    portfolio_return double precision,
    benchmark_return double precision
)
language plpgsql
stable
parallel safe
rows 10000
as $body$
declare
    own_id integer := risk.attribution_portfolio_id(p_portfolio);
    other_id integer;
begin
    if p_benchmark is not null then
        other_id := risk.attribution_portfolio_id(p_benchmark);
    end if;
    return query
    with rows_of_both as materialized (
        select
            day.*,
            sum(day.contribution) over (
                partition by day.portfolio_id, day.trade_date
            ) as total
        from risk.attribution_days(
            array_remove(array[own_id, other_id], null),
            p_from, p_to, risk.attribution_styles()
        ) as day
    ),
    own as (
        select * from rows_of_both where portfolio_id = own_id
    ),
    other as (
        select * from rows_of_both where portfolio_id = other_id
    ),
    totals as (
        select
            portfolio.trade_date, portfolio.total as portfolio_total,
            benchmark.total as benchmark_total
        from own as portfolio
        left join other as benchmark
            on portfolio.trade_date = benchmark.trade_date
                and benchmark.family = 'unexplained'
        where portfolio.family = 'unexplained'
    ),
    keys as (
        select own.trade_date, own.factor_id, own.family from own
        union
        select other.trade_date, other.factor_id, other.family from other
        inner join totals on other.trade_date = totals.trade_date
    )
    select
        keys.trade_date, keys.factor_id, keys.family,
        case
            when other_id is null then own.exposure
            else own.exposure - other.exposure
        end,
        coalesce(own.factor_return, other.factor_return),
        case
            when coalesce(own.contribution, other.contribution) is not null
                then coalesce(own.contribution, 0) - coalesce(other.contribution, 0)
        end,
        totals.portfolio_total, totals.benchmark_total
    from keys
    inner join totals on keys.trade_date = totals.trade_date
    left join own
        on keys.trade_date = own.trade_date and keys.factor_id = own.factor_id
    left join other
        on keys.trade_date = other.trade_date and keys.factor_id = other.factor_id
    where risk.attribution_require_days(p_benchmark, (
        select array_agg(lacking.trade_date order by lacking.trade_date)
        from totals as lacking
        where other_id is not null and lacking.benchmark_total is null
    ))
    order by
        keys.trade_date,
        array_position(array[
            'market', 'sector', 'style', 'specific', 'risk_free', 'unexplained'
        ], keys.family),
        keys.factor_id;
end
$body$;

comment on function risk.attribution_active(text, date, date, text) is
'Daily contributions to a portfolio''s return, or to that in excess of a benchmark.';
