-- Prices and total returns by day.
-- Grain: one row per security per session.

{{ config(materialized='stable_view') }}

select
    security_id,
    trade_date,
    open,
    high,
    low,
    close,
    volume,
    dollar_volume,
    close_unadjusted,
    dividend_usd,
    total_return,
    total_return_index,
    is_price_estimated,
    is_delisting,
    is_imputed

from {{ ref('int_prices__daily') }}
