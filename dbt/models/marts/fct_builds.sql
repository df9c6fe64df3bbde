-- Builds of the warehouse.
-- Grain: one row per build.

{{ config(materialized='stable_view') }}

select
    build_id,
    started_at,
    finished_at,
    status,
    since,
    until,
    is_full_refresh,
    max_load_id,
    error

from {{ source('ops', 'build') }}
