-- When each factor's cross-section was first published, and last rebuilt.
-- Grain: one row per factor and date.

{{ config(materialized='stable_view') }}

select
    column_name as factor_id,
    trade_date,
    first_built_at,
    built_at,
    build_id

from {{ source('ops', 'interval') }}

where column_name <> '*'
