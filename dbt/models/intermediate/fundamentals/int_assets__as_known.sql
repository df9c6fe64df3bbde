-- Total assets of the latest balance sheet date, as they were known: what tells a
-- merger or a spin-off from a split. Early in the graph, so that prices wait for
-- share counts and assets alone, not for all fundamentals.
-- Grain: one row per company and session from which they are known.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__vintages': 'company_id'
        }
    },
    indexes=[{'columns': ['company_id', 'valid_from'], 'unique': true}]
) }}

with

vintages as (

    select
        company_id,
        source_id,
        period_end,
        known_from,
        value as assets,
        -- EDGAR goes before panels, from the day on which it is known.
        min(source_id) over (
            partition by company_id
            order by known_from
            range between unbounded preceding and current row
        ) as best_source

    from {{ ref('int_facts__vintages') }}

    where item = 'assets' and value > 0

),

latest as (

    select
        *,
        max(period_end) over (
            partition by company_id, source_id
            order by known_from
            range between unbounded preceding and current row
        ) as latest_end

    from vintages

    where source_id = best_source

)

select
    company_id,
    known_from as valid_from,
    assets

from latest

where period_end = latest_end
