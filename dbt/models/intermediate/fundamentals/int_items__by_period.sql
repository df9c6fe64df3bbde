-- What was known of each item for each period end, on every basis:
--   instant      a balance at the date;
--   ttm          trailing twelve months of a flow;
--   quarter      a quarter's amount;
--   fiscal_year  a per-share amount or average of a fiscal year.
-- Grain: one row per company, source, item, basis, period end and vintage.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__vintages': 'company_id',
            'int_trailing__known': 'company_id',
            'int_quarters__known': 'company_id'
        }
    }
) }}

with

balances as (

    select
        company_id,
        source_id,
        item,
        'instant' as basis,
        kind,
        period_end,
        is_period_estimated,
        0 as method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from {{ ref('int_facts__vintages') }}

    where kind = 'stock'

),

trailing_sums as (

    select
        company_id,
        source_id,
        item,
        'ttm' as basis,
        kind,
        period_end,
        is_period_estimated,
        method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from {{ ref('int_trailing__known') }}

),

quarters as (

    select
        company_id,
        source_id,
        item,
        'quarter' as basis,
        kind,
        period_end,
        is_period_estimated,
        method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from {{ ref('int_quarters__known') }}

),

averages as (

    select
        company_id,
        source_id,
        item,
        'fiscal_year' as basis,
        kind,
        period_end,
        is_period_estimated,
        0 as method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from {{ ref('int_facts__vintages') }}

    where kind in ('per_share', 'average') and days between 350 and 380

),

unioned as (

    select * from balances
    union all
    select * from trailing_sums
    union all
    select * from quarters
    union all
    select * from averages

)

select * from unioned
