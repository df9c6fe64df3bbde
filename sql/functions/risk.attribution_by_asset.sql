-- risk.attribution_by_asset(portfolio, from, to)
--     -> one row per security_id and factor_id
--
-- What each holding contributed through each factor over a range of days, linked by
-- risk.attribution_scales: all contributions add up to the portfolio's compounded
-- return, those of a factor to its contribution in risk.attribution_linked.
--
-- ticker: today's. family: as in risk.attribution_days. contribution: fraction of the
-- portfolio's value; a factor that a name was never exposed to, or that had no return,
-- has no row.
-- Errors: P0002 for an unknown portfolio; 22023 for dates in the wrong order and for a
--     daily return of -1 or below.
--
-- Security definer, because readers may read marts only; it writes nothing.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_by_asset(
    p_portfolio text, p_from date, p_to date
)
returns table (
    security_id integer,
    ticker text,
    factor_id text,
    family text,
    contribution double precision
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
    styles text[] := risk.attribution_styles();
begin
    return query execute format(
        $query$
            with panel as materialized (
                select * from risk.attribution_panel(array[$1], $2, $3, $4)
            ),
            totals as (
                select
                    array_agg(trade_date order by trade_date) as dates,
                    array_agg(portfolio_return order by trade_date) as returns
                from (
                    select trade_date, sum(weight * asset_return) as portfolio_return
                    from panel
                    group by trade_date
                ) as day
            ),
            days as materialized (
                select
                    linked.trade_date, linked.scale, day.market_return,
                    day.sectors, day.sector_returns, day.style_returns
                from totals
                cross join lateral unnest(
                    totals.dates, risk.attribution_scales(totals.returns)
                ) as linked (trade_date, scale)
                left join risk.rsk_regressions as day
                    on linked.trade_date = day.trade_date
            ),
            scaled as (
                select
                    panel.*, days.market_return, days.style_returns,
                    days.sector_returns[array_position(days.sectors, panel.sector)]
                        as sector_return,
                    panel.weight * days.scale as amount
                from panel
                inner join days on panel.trade_date = days.trade_date
            ),
            sums as materialized (
                select
                    security_id, sector,
                    sum(amount * market_return) filter (where is_explained) as market,
                    sum(amount * sector_return) as own_sector,
                    array[%1$s]::double precision[] as styles,
                    sum(amount * specific_return) as specific,
                    sum(amount * risk_free_return) as risk_free,
                    sum(amount * asset_return) as total
                from scaled
                group by security_id, sector
            ),
            known as (
                select
                    sums.security_id, own.factor_id, own.family,
                    sum(own.contribution) as contribution
                from sums
                cross join lateral (
                    select 'market' as factor_id, 'market' as family,
                        sums.market as contribution
                    union all
                    select risk.sector_factor(sums.sector), 'sector', sums.own_sector
                    union all
                    select style.factor_id, 'style', style.contribution
                    from unnest($4, sums.styles) as style (factor_id, contribution)
                    union all
                    select 'specific', 'specific', sums.specific
                    union all
                    select 'risk_free', 'risk_free', sums.risk_free
                ) as own
                where own.contribution is not null
                group by sums.security_id, own.factor_id, own.family
            ),
            whole as (
                select * from known
                union all
                select
                    sums.security_id, 'unexplained', 'unexplained',
                    sum(sums.total) - coalesce((
                        select sum(known.contribution) from known
                        where known.security_id = sums.security_id
                    ), 0)
                from sums
                group by sums.security_id
            )
            select
                whole.security_id, security.ticker::text,
                whole.factor_id, whole.family, whole.contribution
            from whole
            left join marts.dim_security as security
                on whole.security_id = security.security_id
            order by
                security.ticker, whole.security_id,
                array_position(array[
                    'market', 'sector', 'style', 'specific', 'risk_free', 'unexplained'
                ], whole.family),
                whole.factor_id
        $query$,
        (
            select string_agg(
                format('sum(amount * exposures[%1$s] * style_returns[%1$s])', place),
                ', ' order by place
            )
            from generate_series(1, cardinality(styles)) as s (place)
        )
    ) using own_id, p_from, p_to, styles;
end
$body$;

comment on function risk.attribution_by_asset(text, date, date) is
'What each holding contributed through each factor over a range of days.';
