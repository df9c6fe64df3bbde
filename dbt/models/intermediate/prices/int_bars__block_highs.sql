-- For every bar of a completed block of 252 bars, the highest high from it to the
-- block's end. With the running high of the block at hand it gives the highest of
-- any 252 bars in two look-ups (van Herk, 1992), whatever the number of names.
-- Grain: one row per security and bar; dated by the bar that completed the block.

{{ config(
    materialized='interval',
    meta={
        'grain': ['security_id', 'bar_no'],
        'inputs': ['bars', 'actions', 'facts', 'macro'],
        'is_stateful': true
    },
    indexes=[{'columns': ['trade_date']}]
) }}

with

completed as (

    select
        security_id,
        trade_date,
        bar_no
    from {{ ref('int_bars__state') }}
    where
        trade_date between {{ since() }} and {{ until() }}
        and bar_no::bigint % 252 = 0

),

final as (

    select
        bar.security_id,
        completed.trade_date,
        bar.bar_no,
        max(bar.high) over (
            partition by completed.security_id, completed.bar_no
            order by bar.bar_no desc
        ) as high_to_end

    from completed

    inner join {{ ref('int_bars__state') }} as bar
        on
            completed.security_id = bar.security_id
            and bar.bar_no between completed.bar_no - 251 and completed.bar_no

)

select * from final
