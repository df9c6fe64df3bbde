-- What was known of each period, and from which session until which: a row each time
-- a filing gave a period a new value. A filing that only repeats the value (a
-- comparative column) is no new vintage. Of two filings usable from the same session
-- the later one counts.
-- Grain: one row per company, source, item, period and vintage.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__standardized': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

facts as (

    select * from {{ ref('int_facts__standardized') }}

),

settled as (

    select distinct on (
        company_id, source_id, item, period_start, period_end, known_on
    )
        *

    from facts

    order by
        company_id,
        source_id,
        item,
        period_start,
        period_end,
        known_on,
        known_at desc,
        accession desc

),

compared as (

    select
        *,
        lag(value) over vintages as value_before,
        lag(currency) over vintages as currency_before,
        row_number() over vintages as vintage_no

    from settled

    window vintages as (
        partition by company_id, source_id, item, period_start, period_end
        order by known_on
    )

),

changed as (

    select
        company_id,
        source_id,
        item,
        kind,
        period_start,
        period_end,
        days,
        is_period_estimated,
        accession,
        currency,
        value,
        known_on as known_from,
        lead(known_on, 1, date 'infinity') over vintages as known_to

    from compared

    where
        vintage_no = 1
        or value <> value_before
        or currency is distinct from currency_before

    window vintages as (
        partition by company_id, source_id, item, period_start, period_end
        order by known_on
    )

)

select * from changed
