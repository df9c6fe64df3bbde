-- risk.attribution_panel(portfolio_ids, from, to, styles)
--     -> one row per portfolio_id, trade_date and security_id
--
-- Holdings of portfolios on every session from one date to another, beside all that
-- explains their returns: weights and exposures of the close before, the bill rate
-- and the specific return of the day. portfolio_id 0 is the market.
--
-- asset_return: fraction, of the total return index since the close before.
-- is_explained: whether the name was in the day's model; sector, exposures,
--     risk_free_return and specific_return are null where it was not: it had no
--     exposures, no bar on one of both days, or the day has no factor returns.
-- exposures: to the styles, in the order asked for.
-- specific_return: fraction; the excess return less what factors explain of it.
-- Errors: 22023 for dates that are null or in the wrong order; 42703 for a style
--     that rsk_exposures has not.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_panel(
    p_portfolio_ids integer[], p_from date, p_to date, p_styles text[]
)
returns table (
    portfolio_id integer,
    trade_date date,
    security_id integer,
    weight double precision,
    asset_return double precision,
    is_explained boolean,
    sector text,
    exposures double precision[],
    risk_free_return double precision,
    specific_return double precision
)
language plpgsql
stable
parallel safe
rows 100000
set work_mem = '256MB'
as $body$
declare
    closes record;
begin
    select * into closes from risk.attribution_weight_dates(p_from, p_to);
    return query execute format(
        $query$
            -- The rate of a day is the same for all names: one of them tells it. Plus
            -- 0, so that it is looked for among the day's names, not name by name.
            with rates as materialized (
                select
                    s.session_date as trade_date,
                    price.total_return - told.excess_return as risk_free_return
                from ref.session as s
                inner join lateral (
                    select min(r.security_id + 0) as security_id
                    from risk.rsk_returns as r
                    where r.trade_date = s.session_date
                ) as first on true
                inner join risk.rsk_returns as told
                    on told.security_id = first.security_id
                        and told.trade_date = s.session_date
                inner join intermediate.int_prices__daily as price
                    on price.security_id = first.security_id
                        and price.trade_date = s.session_date
                where s.session_date between $2 and $3
            )
            select
                held.portfolio_id, held.return_date, held.security_id, held.weight,
                held.asset_return, own.security_id is not null, exposure.sector,
                case when own.security_id is not null then array[%1$s] end,
                case when own.security_id is not null then rates.risk_free_return end,
                own.specific_return
            from risk.attribution_weights($1, $4, $5) as held
            left join rates on held.return_date = rates.trade_date
            left join risk.rsk_specific_returns as own
                on held.security_id = own.security_id
                    and held.return_date = own.trade_date
                    and own.trade_date between $2 and $3
                    and own.specific_return is not null
            left join risk.rsk_exposures as exposure
                on own.security_id = exposure.security_id
                    and held.weight_date = exposure.trade_date
                    and exposure.trade_date between $4 and $5
            where held.return_date between $2 and $3 and held.asset_return is not null
        $query$,
        (
            select string_agg(format('exposure.%I', style), ', ' order by place)
            from unnest(p_styles) with ordinality as s (style, place)
        )
    ) using p_portfolio_ids, p_from, p_to, closes.weight_from, closes.weight_to;
end
$body$;

comment on function risk.attribution_panel(integer[], date, date, text[]) is
'Holdings of portfolios by session beside exposures and specific returns.';
