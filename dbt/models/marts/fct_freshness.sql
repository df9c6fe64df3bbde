-- How fresh each dataset is.
-- Grain: one row per source and dataset.

{{ config(materialized='reader_view', meta={'grain': ['source', 'dataset']}) }}

select
    source,
    dataset,
    max(finished_at) filter (where status = 'done') as last_finished_at,
    max(watermark) as watermark,
    count(*) filter (where status = 'done') as n_loads,
    count(*) filter (where status = 'failed') as n_failed,
    sum(rows_landed)::bigint as rows_landed,
    sum(rows_rejected)::bigint as rows_rejected

from {{ source('raw', 'load') }}

group by source, dataset
