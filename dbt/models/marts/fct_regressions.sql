-- How well each day's regression explains returns, or why there is none.
-- Grain: one row per session.

{{ config(materialized='stable_view', meta={'grain': ['trade_date']}) }}

select
    trade_date,
    weighting,
    n_names,
    cardinality(sectors) as n_sectors,
    r2,
    adjusted_r2,
    sectors_r2,
    adjusted_sectors_r2,
    reason

from {{ ref('rsk_regressions') }}
