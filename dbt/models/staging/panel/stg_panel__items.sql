-- Fundamentals panels that users bring, with the security a ticker meant on the
-- filing date. Only the filing date is known, so a row counts from the next
-- session's open.
-- Grain: one row per source, ticker, item, span, period end and filing date.

with

panel as (

    select * from {{ source('raw', 'panel_item') }}

),

tickers as (

    select * from {{ source('ref', 'ticker_range') }}

),

renamed as (

    select
        panel.load_id,
        panel.source_id,
        tickers.security_id,
        panel.item,
        panel.span,
        panel.period_end,
        panel.filed,
        filed_day.following_open_at as known_at,
        panel.value

    from panel

    inner join tickers
        on
            ref.normal_ticker(panel.ticker) = tickers.ticker
            and panel.filed >= tickers.valid_from
            and panel.filed < tickers.valid_to

    inner join {{ ref('stg_calendar__days') }} as filed_day
        on panel.filed = filed_day.calendar_date

)

select * from renamed
