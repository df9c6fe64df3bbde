-- What a holding earned after a signal: bought at the close of the session after it,
-- sold 1, 5 or 21 sessions later, total return. A name that is delisted meanwhile is
-- held to the end and earns nothing after its last return; one without a bar on the
-- day of entry cannot be bought and has no row.
-- Dated by the session on which the holding ends, the first that could know it.
-- Grain: one row per security, signal date and horizon.

{{ config(
    materialized='interval',
    meta={
        'grain': ['security_id', 'signal_date', 'horizon_days', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts']
    },
    indexes=[{'columns': ['trade_date']}, {'columns': ['signal_no', 'horizon_days']}]
) }}

with

horizon (horizon_days) as (

    values (1), (5), (21)

),

signal as (

    select
        session_date,
        session_no,
        row_number() over (order by session_no) as signal_no
    from {{ source('ref', 'session') }}
    where {{ is_signal_date() }}

),

holding as (

    select
        signal.signal_no::integer as signal_no,
        signal.session_date as signal_date,
        horizon.horizon_days,
        entry_day.session_date as entry_date,
        exit_day.session_date as exit_date

    from signal

    cross join horizon

    inner join {{ source('ref', 'session') }} as entry_day
        on signal.session_no + 1 = entry_day.session_no

    inner join {{ source('ref', 'session') }} as exit_day
        on signal.session_no + 1 + horizon.horizon_days = exit_day.session_no

    where exit_day.session_date between {{ since() }} and {{ until() }}

),

held as (

    select
        holding.*,
        entry_price.security_id,
        entry_price.total_return_index as entry_index,
        coalesce(
            exit_price.total_return_index,
            (
                select last.total_return_index
                from {{ ref('int_prices__daily') }} as last
                where
                    last.security_id = entry_price.security_id
                    and last.trade_date <= holding.exit_date
                order by last.trade_date desc
                limit 1
            )
        ) as exit_index

    from holding

    inner join {{ ref('int_prices__daily') }} as entry_price
        on holding.entry_date = entry_price.trade_date

    left join {{ ref('int_prices__daily') }} as exit_price
        on
            holding.exit_date = exit_price.trade_date
            and entry_price.security_id = exit_price.security_id

    where not entry_price.is_delisting

),

final as (

    select
        security_id,
        signal_date,
        horizon_days,
        exit_date as trade_date,
        signal_no,
        entry_date,
        exit_index / entry_index - 1 as forward_return
    from held

)

select * from final
