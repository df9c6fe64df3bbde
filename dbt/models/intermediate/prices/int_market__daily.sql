-- The market's return: total returns weighted by the line caps of the session
-- before, over all names that have both.
-- Grain: one row per session.

{{ config(
    materialized='interval',
    meta={
        'grain': ['trade_date'],
        'inputs': ['bars', 'actions', 'facts'],
        'is_stateful': true
    }
) }}

with

weighted as (

    select
        price.trade_date,
        price.total_return,
        cap.line_market_cap as weight

    from {{ ref('int_prices__daily') }} as price

    left join {{ ref('int_market_caps__daily') }} as cap
        on price.security_id = cap.security_id and price.prev_date = cap.trade_date

    where
        price.trade_date between {{ since() }} and {{ until() }}
        and price.total_return is not null

),

final as (

    select
        trade_date,
        sum(total_return * weight) / nullif(sum(weight), 0) as cap_weighted_return,
        avg(total_return) as equal_weighted_return,
        coalesce(
            sum(total_return * weight) / nullif(sum(weight), 0), avg(total_return)
        ) as market_return,
        count(*)::integer as n_names
    from weighted
    group by trade_date

)

select * from final
