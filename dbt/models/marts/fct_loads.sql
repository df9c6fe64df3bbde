-- The ledger of loads.
-- Grain: one row per load.

{{ config(materialized='stable_view') }}

select
    load_id,
    source,
    dataset,
    regexp_replace(uri, '^.*/', '') as file,
    sha256,
    rows_read,
    rows_landed,
    rows_rejected,
    watermark,
    started_at,
    finished_at,
    status,
    error

from {{ source('raw', 'load') }}
