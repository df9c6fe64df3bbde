-- Each bar with its trailing windows: differences between its running sums and
-- those 5 to 756 bars before. A window is null until the name has that many
-- bars, and where fewer than four fifths of them have a return. Every join is
-- on a unique key, so a query that reads none of a lag's columns does not join
-- it; the subquery of high_252 runs only for those who read it.
-- Grain: one row per security per bar.

{{ config(materialized='view') }}

with

windows as (

    select
        today.security_id,
        today.trade_date,
        today.bar_no,
        today.is_delisting,
        today.close,
        today.total_return,
        today.total_return_index,
        lag_5.total_return_index as total_return_index_5,
        lag_21.total_return_index as total_return_index_21,
        lag_63.total_return_index as total_return_index_63,
        lag_126.total_return_index as total_return_index_126,
        lag_252.total_return_index as total_return_index_252,
        lag_756.total_return_index as total_return_index_756,

        {{ window_sum('cum_n', 21) }} as n_21,
        {{ window_sum('cum_return', 21) }} as return_21,
        {{ window_sum('cum_return_2', 21) }} as return_2_21,
        {{ window_sum('cum_illiquidity', 21) }} as illiquidity_21,
        {{ window_sum('cum_n_traded', 21) }} as n_traded_21,
        {{ window_sum('cum_dollar_volume', 21) }} as dollar_volume_21,

        {{ window_sum('cum_range_2', 63) }} as range_2_63,
        {{ window_sum('cum_n_range', 63) }} as n_range_63,
        {{ window_sum('cum_dollar_volume', 63) }} as dollar_volume_63,

        {{ window_sum('cum_n', 252) }} as n_252,
        {{ window_sum('cum_return', 252) }} as return_252,
        {{ window_sum('cum_return_2', 252) }} as return_2_252,
        {{ window_sum('cum_return_3', 252) }} as return_3_252,
        {{ window_sum('cum_downside_2', 252) }} as downside_2_252,
        {{ window_sum('cum_market', 252) }} as market_252,
        {{ window_sum('cum_market_2', 252) }} as market_2_252,
        {{ window_sum('cum_return_market', 252) }} as return_market_252,
        {{ window_sum('cum_illiquidity', 252) }} as illiquidity_252,
        {{ window_sum('cum_n_traded', 252) }} as n_traded_252,
        {{ window_sum('cum_dollar_volume', 252) }} as dollar_volume_252,
        {{ window_sum('cum_n_zero', 252) }} as n_zero_252,
        {{ window_sum('cum_n_rate', 252) }} as n_rate_252,
        {{ window_sum('cum_rate', 252) }} as rate_252,
        {{ window_sum('cum_rate_2', 252) }} as rate_2_252,
        {{ window_sum('cum_return_rate', 252) }} as return_rate_252,
        {{ window_sum('cum_rate_returns', 252) }} as rate_returns_252,

        -- 252 bars reach over at most two blocks of 252: the end of the one, from
        -- its completed table, and the other so far.
        case
            when today.bar_no >= 252
                then greatest(today.high_block, block.high_to_end)
        end as high_252

    from {{ ref('int_bars__state') }} as today

    {% for lag in [5, 21, 63, 126, 252, 756] %}
    left join {{ ref('int_bars__state') }} as lag_{{ lag }}
        on
            today.security_id = lag_{{ lag }}.security_id
            and today.bar_no - {{ lag }} = lag_{{ lag }}.bar_no
    {% endfor %}

    left join {{ ref('int_bars__block_highs') }} as block
        on
            today.security_id = block.security_id
            and today.bar_no - 251 = block.bar_no

),

moments as (

    select
        *,
        case when n_21 >= 17 then fac.variance(n_21, return_21, return_2_21) end
            as variance_21,
        case when n_252 >= 202 then fac.variance(n_252, return_252, return_2_252) end
            as variance_252,
        case when n_252 >= 202 then fac.variance(n_252, market_252, market_2_252) end
            as market_variance_252,
        case
            when n_252 >= 202
                then fac.covariance(n_252, return_252, market_252, return_market_252)
        end as market_covariance_252,
        case
            when n_rate_252 >= 202
                then fac.ratio(
                    fac.covariance(
                        n_rate_252, rate_returns_252, rate_252, return_rate_252
                    ),
                    fac.variance(n_rate_252, rate_252, rate_2_252)
                )
        end as rate_beta_252
    from windows

)

select
    *,
    fac.ratio(market_covariance_252, market_variance_252) as beta_252
from moments
