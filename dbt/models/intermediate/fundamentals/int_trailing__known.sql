-- Trailing twelve months of flows, by the first of these that is known:
--   1. the fiscal year that ends there, as reported;
--   2. last fiscal year + year to date - prior year to date, the latter from the
--      filing of the former, the fiscal year as known at the same moment;
--   3. four consecutive quarters, reported or differenced.
-- Fiscal years are known by their length (350 to 380 days) and a year-to-date amount
-- by starting where one ended; 52/53-week years, year-ends that move and transition
-- periods need no rule of their own.
-- Grain: one row per company, source, item, period end and vintage.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__vintages': 'company_id',
            'int_comparatives__paired': 'company_id',
            'int_quarters__known': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

years as (

    select * from {{ ref('int_facts__vintages') }}
    where kind = 'flow' and days between 350 and 380

),

year_ends as (

    select
        *,
        {{ buckets_near('period_end') }} as bucket

    from years

),

rolled as (

    select
        current.company_id,
        current.source_id,
        current.item,
        year.kind,
        year.period_start,
        current.period_end,
        2 as method,
        current.accession,
        current.currency,
        year.value + current.value - current.value_before as value,
        greatest(current.known_from, year.known_from) as known_from,
        least(current.known_to, year.known_to) as known_to

    from {{ ref('int_comparatives__paired') }} as current

    inner join year_ends as year
        on
            current.company_id = year.company_id
            and current.source_id = year.source_id
            and current.item = year.item
            and {{ bucket_of('(current.period_start - 1)') }} = year.bucket
            and abs(current.period_start - 1 - year.period_end) <= 16
            and current.known_from < year.known_to
            and year.known_from < current.known_to
            and current.currency is not distinct from year.currency

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

    from years

    union all

    select
        company_id,
        source_id,
        item,
        kind,
        period_start,
        period_end,
        false,
        method,
        accession,
        currency,
        value,
        known_from,
        known_to

    from rolled

),

first_known as (

    select
        company_id,
        source_id,
        item,
        period_end,
        min(known_from) as known_from

    from reported

    group by company_id, source_id, item, period_end

),

quarters as (

    select * from {{ ref('int_quarters__known') }} where kind = 'flow'

),

-- Only where quarters can be known before anything better is.
last_quarters as (

    select quarters.*

    from quarters

    left join first_known
        on
            quarters.company_id = first_known.company_id
            and quarters.source_id = first_known.source_id
            and quarters.item = first_known.item
            and quarters.period_end = first_known.period_end

    where quarters.known_from < first_known.known_from or first_known.known_from is null

),

quarter_ends as (

    select
        *,
        {{ buckets_near('period_end') }} as bucket

    from quarters

),

two as (

    select
        later.company_id,
        later.source_id,
        later.item,
        later.kind,
        earlier.period_start,
        later.period_end,
        later.is_period_estimated,
        later.accession,
        later.currency,
        later.value + earlier.value as value,
        greatest(later.known_from, earlier.known_from) as known_from,
        least(later.known_to, earlier.known_to) as known_to

    from last_quarters as later

    inner join quarter_ends as earlier
        on {{ is_quarter_before('earlier', 'later') }}

),

three as (

    select
        later.company_id,
        later.source_id,
        later.item,
        later.kind,
        earlier.period_start,
        later.period_end,
        later.is_period_estimated,
        later.accession,
        later.currency,
        later.value + earlier.value as value,
        greatest(later.known_from, earlier.known_from) as known_from,
        least(later.known_to, earlier.known_to) as known_to

    from two as later

    inner join quarter_ends as earlier
        on {{ is_quarter_before('earlier', 'later') }}

),

four as (

    select
        later.company_id,
        later.source_id,
        later.item,
        later.kind,
        earlier.period_start,
        later.period_end,
        later.is_period_estimated,
        3 as method,
        later.accession,
        later.currency,
        later.value + earlier.value as value,
        greatest(later.known_from, earlier.known_from) as known_from,
        least(later.known_to, earlier.known_to) as known_to

    from three as later

    inner join quarter_ends as earlier
        on {{ is_quarter_before('earlier', 'later') }}

    where later.period_end - earlier.period_start + 1 between 350 and 380

),

amounts as (

    select * from reported

    union all

    select * from four

),

{{ vintages_by_method('amounts') }}

select * from chosen
