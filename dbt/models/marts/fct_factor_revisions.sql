-- Values that late or corrected data replaced.
-- Grain: one row per factor, security, date and rebuild that changed it.

{{ config(materialized='stable_view') }}

select
    factor_id,
    security_id,
    trade_date,
    old_value,
    new_value,
    build_id,
    load_id,
    published_at,
    superseded_at

from {{ source('ops', 'factor_revision') }}
