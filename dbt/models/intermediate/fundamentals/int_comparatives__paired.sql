-- Year-to-date amounts with the prior-year amount that the same filing compares them
-- with, as vintages of the difference. The comparative has to come from the same
-- filing: after a restatement or a reclassification only the two columns of one
-- filing are on one basis.
-- Grain: one row per company, source, item, year-to-date period and vintage.

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
    where kind = 'flow' and days between 20 and 345

),

paired as (

    select distinct on (
        facts.company_id,
        facts.source_id,
        facts.item,
        facts.period_start,
        facts.period_end,
        facts.known_on
    )
        facts.company_id,
        facts.source_id,
        facts.item,
        facts.period_start,
        facts.period_end,
        facts.accession,
        facts.currency,
        facts.value,
        before.value as value_before,
        facts.known_on

    from facts

    inner join facts as before
        on
            facts.company_id = before.company_id
            and facts.source_id = before.source_id
            and facts.accession = before.accession
            and facts.item = before.item
            and abs(facts.period_start - before.period_start - 365) <= 16
            and abs(facts.period_end - before.period_end - 365) <= 16

    order by
        facts.company_id,
        facts.source_id,
        facts.item,
        facts.period_start,
        facts.period_end,
        facts.known_on,
        facts.known_at desc,
        facts.accession desc,
        abs(facts.days - before.days)

),

compared as (

    select
        *,
        lag(value) over vintages as lagged_value,
        lag(value_before) over vintages as lagged_value_before

    from paired

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
        period_start,
        period_end,
        accession,
        currency,
        value,
        value_before,
        known_on as known_from,
        lead(known_on, 1, date 'infinity') over vintages as known_to

    from compared

    where
        lagged_value is null
        or value <> lagged_value
        or value_before <> lagged_value_before

    window vintages as (
        partition by company_id, source_id, item, period_start, period_end
        order by known_on
    )

)

select * from changed
