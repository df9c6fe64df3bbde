-- Quarterly amounts of flows: reported, or differenced between two year-to-date
-- amounts of one fiscal year as both were known. Quarters have 12 to 14 weeks, in
-- 12/12/12/16-week years 16 or 17. A reported quarter goes before a differenced one.
-- Per-share amounts and averages count only as reported.
-- Grain: one row per company, source, item, quarter end and vintage.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__vintages': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

vintages as (

    select * from {{ ref('int_facts__vintages') }} where kind <> 'stock'

),

reported as (

    select
        company_id,
        source_id,
        item,
        kind,
        period_start,
        period_end,
        is_period_estimated,
        1 as method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from vintages

    where days between 77 and 124

),

-- A period starts within 16 days of the other's start: joined by the 32-day buckets
-- that such a start can fall into, so that a hash join finds it.
starts as (

    select
        *,
        {{ buckets_near('period_start') }} as bucket

    from vintages

    where kind = 'flow' and days < 300

),

differenced as (

    select
        longer.company_id,
        longer.source_id,
        longer.item,
        longer.kind,
        starts.period_end + 1 as period_start,
        longer.period_end,
        longer.is_period_estimated,
        2 as method,
        longer.accession,
        longer.currency,
        longer.value - starts.value as value,
        greatest(longer.known_from, starts.known_from) as known_from,
        least(longer.known_to, starts.known_to) as known_to

    from vintages as longer

    inner join starts
        on
            longer.company_id = starts.company_id
            and longer.source_id = starts.source_id
            and longer.item = starts.item
            and {{ bucket_of('longer.period_start') }} = starts.bucket
            and longer.period_end - starts.period_end between 77 and 124
            and abs(longer.period_start - starts.period_start) <= 16
            and longer.known_from < starts.known_to
            and starts.known_from < longer.known_to
            and longer.currency is not distinct from starts.currency

    where longer.kind = 'flow' and longer.days between 150 and 380

),

quarters as (

    select * from reported

    union all

    select * from differenced

),

{{ vintages_by_method('quarters') }}

select * from chosen
