-- What the day's regression explains: returns in excess of the bill rate known the
-- close before, of the names with exposures at that close; and the same clamped at
-- the 1 % and 99 % points of the estimation universe, which serves estimation only.
-- A day without a known rate counts with a rate of 0 and says so.
-- Grain: one row per security and session.

{{ config(
    meta={
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
        'chunk_sessions': 252
    },
    indexes=[{'columns': ['trade_date']}],
    pre_hook=joined_by_hash()
) }}

with

days as (

    select
        session.session_date as trade_date,
        before.session_date as exposure_date,
        session.session_no,
        rate.value / 100 / 252 as risk_free_return

    from {{ source('ref', 'session') }} as session

    inner join {{ source('ref', 'session') }} as before
        on session.session_no - 1 = before.session_no

    left join {{ ref('int_macro__as_known') }} as rate
        on before.session_date = rate.trade_date and rate.series_id = 'DGS3MO'

    where session.session_date between {{ since() }} and {{ until() }}

),

returned as materialized (

    select
        price.security_id,
        days.trade_date,
        days.exposure_date,
        days.session_no,
        exposure.is_estimated,
        days.risk_free_return is not null as is_rate_known,
        price.total_return - coalesce(days.risk_free_return, 0) as excess_return

    from days

    inner join {{ ref('int_prices__daily') }} as price
        on
            days.trade_date = price.trade_date
            and days.exposure_date = price.prev_date

    inner join {{ ref('rsk_exposures') }} as exposure
        on
            days.exposure_date = exposure.trade_date
            and price.security_id = exposure.security_id

    where
        price.trade_date between {{ since() }} and {{ until() }}
        and price.total_return is not null

),

bounds as (

    select
        trade_date,
        percentile_cont({{ var('winsorized_share') }}) within group (
            order by excess_return
        ) as low,
        percentile_cont(1 - {{ var('winsorized_share') }}) within group (
            order by excess_return
        ) as high
    from returned
    where is_estimated
    group by trade_date

),

final as (

    select
        returned.security_id,
        returned.trade_date,
        returned.exposure_date,
        returned.session_no,
        returned.is_estimated,
        returned.is_rate_known,
        returned.excess_return,
        stats.winsorize(returned.excess_return, bounds.low, bounds.high)
            as estimation_return
    from returned
    left join bounds on returned.trade_date = bounds.trade_date

)

select * from final
