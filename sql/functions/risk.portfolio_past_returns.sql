-- risk.portfolio_past_returns(portfolio, date, days)
--     -> one row per session: trade_date, excess_return
--
-- What the weights that a portfolio has at the close of a date would have returned in
-- excess of the bill rate, rebalanced every day, in each of the last `days` sessions up
-- to it that have factor returns, oldest first.
-- A name without a return in a session earns what the session's factor returns make of
-- the exposures it has on the date; without those it is left out and the others are
-- scaled up, by the sum of absolute weights. A session without any name has no row.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_past_returns(
    p_portfolio text, p_date date, p_days integer
)
returns table (trade_date date, excess_return double precision)
language plpgsql
stable
parallel safe
as $body$
declare
    own record;
    styles constant text[] := array(
        select factor.factor_id from marts.dim_risk_factor as factor
        where factor.factor_kind = 'style' order by factor.place
    );
begin
    select * into own from risk.portfolio_positions(p_portfolio, p_date);
    return query execute format(
        $query$
            with

            held as materialized (%1$s),

            days as materialized (
                select
                    past.trade_date,
                    past.market_return,
                    past.sectors,
                    past.sector_returns,
                    past.style_returns
                from risk.rsk_regressions as past
                where past.trade_date <= $5 and past.market_return is not null
                order by past.trade_date desc
                limit $7
            ),

            earned as (
                select
                    days.trade_date,
                    held.weight,
                    coalesce(past.excess_return, case
                        when held.is_covered
                            then
                                days.market_return + coalesce(
                                    days.sector_returns[
                                        array_position(days.sectors, held.sector)
                                    ], 0
                                )%2$s
                    end) as excess_return
                from held
                cross join days
                left join risk.rsk_returns as past
                    on
                        held.security_id = past.security_id
                        and days.trade_date = past.trade_date
                        and past.trade_date >= (select min(trade_date) from days)
                        and past.trade_date <= $5
            )

            select
                earned.trade_date,
                sum(earned.weight * earned.excess_return)
                * (select sum(abs(held.weight)) from held) / sum(abs(earned.weight))
            from earned
            where earned.excess_return is not null
            group by earned.trade_date
            having sum(abs(earned.weight)) > 0
            order by earned.trade_date
        $query$,
        risk.holdings_query(styles),
        (
            select string_agg(
                format(' + x%s * coalesce(days.style_returns[%1$s], 0)', place),
                '' order by place
            )
            from unnest(styles) with ordinality as s (style, place)
        )
    ) using
        own.security_ids, own.weights, null::integer[], null::double precision[],
        p_date, null::integer, p_days;
end
$body$;

comment on function risk.portfolio_past_returns(text, date, integer) is
'Daily excess returns that today''s weights would have had.';
