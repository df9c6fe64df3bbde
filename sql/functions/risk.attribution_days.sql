-- risk.attribution_days(portfolio_ids, from, to, styles)
--     -> one row per portfolio_id, trade_date and factor_id
--
-- What the factors contributed to the returns of portfolios, session by session, with
-- weights and exposures of the close before. The contributions of a day add up to
-- the portfolio's return. Both rsk_attribution and risk.attribution are made of it.
--
-- family: market, sector, style: exposure times factor return.
--     specific: the weighted specific returns.
--     risk_free: the bill rate on the weight of the names that the model explains.
--     unexplained: what is left of the return: names without exposures, without a
--     bar, or on a day without factor returns; rounding where there are none. A day
--     on which the model explains no name has this row alone.
-- exposure: sum of weight times exposure over explained names; null for specific and
--     unexplained. factor_return, contribution: fractions, null where the factor had
--     no return that day.
-- styles: in the order of the arrays in rsk_regressions.
-- Errors: 22023 for dates that are null or in the wrong order.
--
-- Source: Grinold & Kahn (2000), Active Portfolio Management, chapter 17.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_days(
    p_portfolio_ids integer[], p_from date, p_to date, p_styles text[]
)
returns table (
    portfolio_id integer,
    trade_date date,
    factor_id text,
    family text,
    exposure double precision,
    factor_return double precision,
    contribution double precision
)
language plpgsql
stable
parallel safe
rows 10000
set work_mem = '256MB'
as $body$
begin
    return query execute format(
        $query$
            with panel as materialized (
                select * from risk.attribution_panel($1, $2, $3, $4)
            ),
            totals as materialized (
                select
                    portfolio_id, trade_date,
                    sum(weight * asset_return) as portfolio_return,
                    sum(weight) filter (where is_explained) as explained_weight,
                    max(risk_free_return) as risk_free_return,
                    sum(weight * specific_return) as specific,
                    array[%1$s]::double precision[] as exposures
                from panel
                group by portfolio_id, trade_date
            ),
            explained as (
                select * from totals
                inner join risk.rsk_regressions as day using (trade_date)
                where explained_weight is not null
            ),
            in_sectors as (
                select portfolio_id, trade_date, sector, sum(weight) as weight
                from panel
                where is_explained
                group by portfolio_id, trade_date, sector
            ),
            known as (
                select
                    portfolio_id, trade_date, 'market' as factor_id, 'market' as family,
                    explained_weight as exposure, market_return as factor_return,
                    explained_weight * market_return as contribution
                from explained
                union all
                select
                    day.portfolio_id, day.trade_date, risk.sector_factor(own.sector),
                    'sector', coalesce(held.weight, 0), own.sector_return,
                    coalesce(held.weight, 0) * own.sector_return
                from explained as day
                cross join lateral unnest(day.sectors, day.sector_returns)
                    as own (sector, sector_return)
                left join in_sectors as held
                    on day.portfolio_id = held.portfolio_id
                        and day.trade_date = held.trade_date
                        and own.sector = held.sector
                union all
                select
                    day.portfolio_id, day.trade_date, own.style, 'style', own.exposure,
                    own.style_return, own.exposure * own.style_return
                from explained as day
                cross join lateral unnest($4, day.exposures, day.style_returns)
                    as own (style, exposure, style_return)
                union all
                select
                    portfolio_id, trade_date, 'specific', 'specific', null, null,
                    specific
                from explained
                union all
                select
                    portfolio_id, trade_date, 'risk_free', 'risk_free',
                    explained_weight, risk_free_return,
                    explained_weight * risk_free_return
                from explained
            )
            select * from known
            union all
            select
                totals.portfolio_id, totals.trade_date, 'unexplained', 'unexplained',
                null, null,
                totals.portfolio_return - coalesce(sum(known.contribution), 0)
            from totals
            left join known
                on totals.portfolio_id = known.portfolio_id
                    and totals.trade_date = known.trade_date
            group by totals.portfolio_id, totals.trade_date, totals.portfolio_return
        $query$,
        (
            select string_agg(
                format('sum(weight * exposures[%s])', place), ', ' order by place
            )
            from generate_series(1, cardinality(p_styles)) as s (place)
        )
    ) using p_portfolio_ids, p_from, p_to, p_styles;
end
$body$;

comment on function risk.attribution_days(integer[], date, date, text[]) is
'Contributions of factors to the daily returns of portfolios.';
