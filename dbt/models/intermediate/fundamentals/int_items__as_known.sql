-- Standard items as they were known on any session: the latest period (instant, ttm,
-- quarter, fiscal_year) and the period a year before it (basis ending in _1y).
-- EDGAR goes before panels, panels by the priority of their source: a panel's value
-- counts on the sessions for which no source before it has one.
-- Grain: one row per company, item, basis and range of sessions.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_items__latest': 'company_id',
            'int_items__year_before': 'company_id'
        }
    },
    pre_hook=joined_by_hash(),
    indexes=[{'columns': ['company_id', 'valid_from']}]
) }}

with

edgar as (

    select * from {{ ref('int_items__latest') }} where source_id = 0
    union all
    select * from {{ ref('int_items__year_before') }} where source_id = 0

),

panels as (

    select * from {{ ref('int_items__latest') }} where source_id > 0
    union all
    select * from {{ ref('int_items__year_before') }} where source_id > 0

),

sources as (

    select
        source_id,
        row_number() over (order by priority, source_id) as source_rank

    from {{ source('ref', 'data_source') }}

),

ranked as (

    select
        panels.*,
        sources.source_rank

    from panels

    inner join sources on panels.source_id = sources.source_id

),

covered as (

    select
        company_id,
        item,
        basis,
        0 as source_rank,
        range_agg(daterange(valid_from, valid_to)) as days

    from edgar

    where company_id in (select panels.company_id from panels)

    group by company_id, item, basis

    union all

    select
        company_id,
        item,
        basis,
        source_rank,
        range_agg(daterange(valid_from, valid_to))

    from ranked

    group by company_id, item, basis, source_rank

),

covered_before as (

    select
        company_id,
        item,
        basis,
        source_rank,
        range_agg(days) over (
            partition by company_id, item, basis
            order by source_rank
            rows between unbounded preceding and 1 preceding
        ) as days

    from covered

),

uncovered as (

    select
        ranked.*,
        unnest(
            datemultirange(daterange(ranked.valid_from, ranked.valid_to))
            - coalesce(covered_before.days, '{}'::datemultirange)
        ) as days

    from ranked

    inner join covered_before
        on
            ranked.company_id = covered_before.company_id
            and ranked.item = covered_before.item
            and ranked.basis = covered_before.basis
            and ranked.source_rank = covered_before.source_rank

)

select
    company_id,
    item,
    basis,
    period_end,
    is_period_estimated,
    source_id,
    method,
    accession,
    currency,
    value,
    valid_from,
    valid_to

from edgar

union all

select
    company_id,
    item,
    basis,
    period_end,
    is_period_estimated,
    source_id,
    method,
    accession,
    currency,
    value,
    lower(days),
    upper(days)

from uncovered
