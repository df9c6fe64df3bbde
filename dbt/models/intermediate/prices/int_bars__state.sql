-- Carried state: per bar the running sums from which any window is a difference
-- of two rows. A day's work is one row per name, whatever the window's length.
-- Sums are of return-scale values, so a difference loses no digits that matter.
-- Grain: one row per security per bar.

{{ config(
    materialized='interval',
    meta={
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro'],
        'is_stateful': true
    },
    indexes=[
        {'columns': ['security_id', 'bar_no'], 'unique': true},
        {'columns': ['trade_date', 'security_id']}
    ]
) }}

with

carried as (

    {{ carried([
        'bar_no', 'high_block', 'cum_n', 'cum_return', 'cum_return_2', 'cum_return_3', 'cum_downside_2',
        'cum_market', 'cum_market_2', 'cum_return_market', 'cum_illiquidity',
        'cum_n_traded', 'cum_dollar_volume', 'cum_n_zero', 'cum_range_2', 'cum_n_range',
        'cum_n_rate', 'cum_rate', 'cum_rate_2', 'cum_return_rate', 'cum_rate_returns'
    ]) }}

),

rate as (

    select
        trade_date,
        (value - lag(value) over (order by trade_date)) / 100 as change
    from {{ ref('int_macro__as_known') }}
    where
        series_id = 'DGS10'
        and trade_date between {{ since() }} - 15 and {{ until() }}

),

today as (

    select
        price.security_id,
        price.trade_date,
        price.bar_no,
        price.total_return_index,
        price.close,
        price.high,
        price.low,
        price.is_delisting,
        price.total_return as r,
        market.market_return as m,
        case when price.total_return is not null then rate.change end as y,
        nullif(price.dollar_volume, 0) as traded_usd,
        ln(nullif(price.high, 0) / nullif(price.low, 0)) as log_range

    from {{ ref('int_prices__daily') }} as price

    left join {{ ref('int_market__daily') }} as market
        on price.trade_date = market.trade_date

    left join rate
        on price.trade_date = rate.trade_date

    where price.trade_date between {{ since() }} and {{ until() }}

),

accumulated as (

    select
        today.security_id,
        today.trade_date,
        today.bar_no,
        today.total_return_index,
        today.close,
        today.high,
        today.low,
        today.is_delisting,
        today.r as total_return,
        greatest(
            max(today.high) over (
                partition by today.security_id, floor((today.bar_no - 1) / 252)
                order by today.trade_date
            ),
            case
                when floor((carried.bar_no - 1) / 252) = floor((today.bar_no - 1) / 252)
                    then carried.high_block
            end
        ) as high_block,
        coalesce(carried.cum_n, 0) + count(r) over history as cum_n,
        {{ running_sum('r', 'cum_return') }},
        {{ running_sum('r * r', 'cum_return_2') }},
        {{ running_sum('r * r * r', 'cum_return_3') }},
        {{ running_sum('case when r < 0 then r * r else 0 end', 'cum_downside_2') }},
        {{ running_sum('case when r is not null then m end', 'cum_market') }},
        {{ running_sum('case when r is not null then m * m end', 'cum_market_2') }},
        {{ running_sum('r * m', 'cum_return_market') }},
        {{ running_sum('1e6 * abs(r) / traded_usd', 'cum_illiquidity') }},
        coalesce(carried.cum_n_traded, 0) + count(abs(r) / traded_usd) over history
            as cum_n_traded,
        {{ running_sum('traded_usd / 1e6', 'cum_dollar_volume') }},
        coalesce(carried.cum_n_zero, 0) + count(*) filter (where r = 0) over history
            as cum_n_zero,
        {{ running_sum('log_range * log_range', 'cum_range_2') }},
        coalesce(carried.cum_n_range, 0) + count(log_range) over history as cum_n_range,
        coalesce(carried.cum_n_rate, 0) + count(y) over history as cum_n_rate,
        {{ running_sum('y', 'cum_rate') }},
        {{ running_sum('y * y', 'cum_rate_2') }},
        {{ running_sum('r * y', 'cum_return_rate') }},
        {{ running_sum('case when y is not null then r end', 'cum_rate_returns') }}

    from today

    left join carried
        on today.security_id = carried.security_id

    window history as (partition by today.security_id order by today.trade_date)

)

select * from accumulated
