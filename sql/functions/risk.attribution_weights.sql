-- risk.attribution_weights(portfolio_ids, from, to) -> one row per portfolio_id,
--     weight_date and security_id
--
-- Weights of portfolios at every close from one date to another, and what each
-- holding returned up to the next session. Uploaded weights hold from the close of
-- valid_from to the next upload and drift by total returns, bought and held:
-- w_i G_i / (1 + sum of w_j (G_j - 1)), G the growth of the total return index since
-- valid_from. What the weights leave of 1 is cash without interest. A name without a
-- bar returns 0 until its next one, and a delisted name stays at its last value.
-- portfolio_id 0 is the market: the estimation universe weighted by cap at each close.
--
-- weight: fraction of the portfolio's value at the close of weight_date, negative for
--     a short position. There are none at a close at which short positions have left
--     a portfolio worth nothing or less.
-- asset_return: fraction, from the close of weight_date to that of return_date, the
--     next session; null where prices are not built so far.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_weights(
    p_portfolio_ids integer[], p_from date, p_to date
)
returns table (
    portfolio_id integer,
    weight_date date,
    return_date date,
    security_id integer,
    weight double precision,
    asset_return double precision
)
language plpgsql
stable
parallel safe
rows 100000
set work_mem = '256MB'
set plan_cache_mode = 'force_custom_plan'
as $body$
declare
    last_date date := (
        select max(p.trade_date) from intermediate.int_prices__daily as p
    );
begin
    return query
    with days as materialized (
        select today.session_date as day, following.session_date as next_day
        from ref.session as today
        inner join ref.session as following
            on today.session_no + 1 = following.session_no
        where today.session_date between p_from and least(p_to, last_date)
    ),
    -- The upload in force at the first date, and all later ones.
    uploads as (
        select
            u.portfolio_id, u.valid_from,
            lead(u.valid_from) over (
                partition by u.portfolio_id order by u.valid_from
            ) as valid_until
        from (
            select distinct h.portfolio_id, h.valid_from
            from risk.holding as h
            where h.portfolio_id = any(p_portfolio_ids)
                and h.valid_from <= p_to
                and h.valid_from >= coalesce((
                    select max(earlier.valid_from) from risk.holding as earlier
                    where earlier.portfolio_id = h.portfolio_id
                        and earlier.valid_from <= p_from
                ), '-infinity')
        ) as u
    ),
    -- An index starts at 1 with a security's first bar.
    held as materialized (
        select
            h.portfolio_id, h.valid_from, u.valid_until, h.security_id, h.weight,
            coalesce((
                select p.total_return_index from intermediate.int_prices__daily as p
                where p.security_id = h.security_id and p.trade_date <= h.valid_from
                order by p.trade_date desc limit 1
            ), 1) as base,
            1 - sum(h.weight) over (partition by h.portfolio_id, h.valid_from) as cash
        from uploads as u
        inner join risk.holding as h
            on u.portfolio_id = h.portfolio_id and u.valid_from = h.valid_from
    ),
    -- The value of a position is amount times index, or amount alone without a base.
    positions as (
        select
            h.portfolio_id, d.day, d.next_day, h.security_id,
            h.weight as amount, h.base, h.cash
        from held as h
        inner join days as d
            on d.day >= h.valid_from
                and (h.valid_until is null or d.day < h.valid_until)
        union all
        select 0, d.day, d.next_day, e.security_id, e.cap_usd, null, 0
        from risk.rsk_exposures as e
        inner join days as d on e.trade_date = d.day
        where e.is_estimated
            and e.trade_date between p_from and p_to
            and 0 = any(p_portfolio_ids)
    ),
    priced as materialized (
        select
            position.*,
            after.total_return_index as later,
            coalesce(
                before.total_return_index,
                (
                    select p.total_return_index from intermediate.int_prices__daily as p
                    where p.security_id = position.security_id
                        and p.trade_date <= position.day
                    order by p.trade_date desc limit 1
                ),
                1
            ) as now
        from positions as position
        left join intermediate.int_prices__daily as before
            on position.security_id = before.security_id
                and position.day = before.trade_date
                and before.trade_date between p_from and p_to
        left join intermediate.int_prices__daily as after
            on position.security_id = after.security_id
                and position.next_day = after.trade_date
                and after.trade_date between p_from and last_date
    ),
    valued as (
        select
            p.*,
            p.amount * coalesce(p.now / p.base, 1) as value,
            p.cash + sum(p.amount * coalesce(p.now / p.base, 1)) over (
                partition by p.portfolio_id, p.day
            ) as total
        from priced as p
    )
    select
        v.portfolio_id, v.day, v.next_day, v.security_id, v.value / v.total,
        case when v.next_day <= last_date then coalesce(v.later / v.now - 1, 0) end
    from valued as v
    where v.total > 0;
end
$body$;

comment on function risk.attribution_weights(integer[], date, date) is
'Drifted weights of portfolios at every close, with the returns that followed.';
