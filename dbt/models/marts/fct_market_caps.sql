-- Market capitalizations by day.
-- Grain: one row per security per session.

{{ config(materialized='stable_view') }}

select
    security_id,
    trade_date,
    price as price_usd,
    shares,
    shares_source,
    line_market_cap as line_cap_usd,
    market_equity as company_cap_usd,
    is_approximate

from {{ ref('int_market_caps__daily') }}
