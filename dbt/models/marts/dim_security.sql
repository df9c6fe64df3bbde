-- Securities with what they are called and where they belong today.
-- Grain: one row per security.

{{ config(materialized='reader_view', meta={'grain': ['security_id']}) }}

with

current_ticker as (

    select distinct on (history.security_id)
        history.security_id,
        ticker.ticker
    from {{ source('ref', 'ticker_history') }} as history
    inner join {{ source('ref', 'ticker') }} as ticker
        on history.ticker_id = ticker.ticker_id
    order by history.security_id, history.valid_from desc

),

current_sector as (

    select distinct on (security_id)
        security_id,
        sector,
        industry,
        is_backfilled
    from {{ source('ref', 'sector_history') }}
    order by security_id, valid_from desc

),

traded as (

    select
        security_id,
        min(trade_date) as listed_on,
        max(trade_date) as last_traded_on
    from {{ source('raw', 'daily_bar_current') }}
    group by security_id

),

final as (

    select
        security.security_id,
        coalesce(current_ticker.ticker, security.permanent_ticker) as ticker,
        security.name,
        company.cik,
        security.company_id,
        security.share_class,
        current_sector.sector,
        current_sector.industry,
        current_sector.is_backfilled as is_sector_backfilled,
        traded.listed_on,
        case
            when delisting.trade_date is not null then traded.last_traded_on
        end as delisted_on,
        delisting.trade_date is null and traded.listed_on is not null as is_active

    from {{ source('ref', 'security') }} as security

    left join {{ source('ref', 'company') }} as company
        on security.company_id = company.company_id

    left join current_ticker
        on security.security_id = current_ticker.security_id

    left join current_sector
        on security.security_id = current_sector.security_id

    left join traded
        on security.security_id = traded.security_id

    left join {{ ref('int_delistings') }} as delisting
        on security.security_id = delisting.security_id

)

select * from final
