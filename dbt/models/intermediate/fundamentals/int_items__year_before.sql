-- Items of the period a year before the latest one, as known at the same time: the
-- value beside which growth is measured. The basis ends in _1y.
-- Grain: one row per company, source, item, basis and range of sessions.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_items__by_period': 'company_id',
            'int_items__latest': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

bucketed as (

    select
        *,
        min(known_from) over (
            partition by company_id, source_id, item, basis, period_end
        ) as first_from,
        {{ buckets_near(
            'period_end', 'case when is_period_estimated then 45 else 16 end', 96
        ) }} as bucket

    from {{ ref('int_items__by_period') }}

),

-- Two period ends can lie about a year before; the one known first, then the nearer
-- one counts.
year_before as (

    select
        valid.company_id,
        valid.source_id,
        valid.item,
        valid.basis || '_1y' as basis,
        before.period_end,
        before.is_period_estimated,
        before.method,
        before.accession,
        before.currency,
        before.value,
        greatest(valid.valid_from, before.known_from) as valid_from,
        least(valid.valid_to, before.known_to) as valid_to,
        rank() over (
            partition by
                valid.company_id, valid.source_id, valid.item, valid.basis,
                valid.valid_from
            order by
                greatest(before.first_from, valid.valid_from),
                abs(valid.period_end - before.period_end - 365),
                before.period_end
        ) as preference

    from {{ ref('int_items__latest') }} as valid

    inner join bucketed as before
        on
            valid.company_id = before.company_id
            and valid.source_id = before.source_id
            and valid.item = before.item
            and valid.basis = before.basis
            and {{ bucket_of('(valid.period_end - 365)', 96) }} = before.bucket
            and abs(valid.period_end - 365 - before.period_end)
            <= case when before.is_period_estimated then 45 else 16 end
            and valid.valid_from < before.known_to
            and before.known_from < valid.valid_to
            and valid.currency is not distinct from before.currency

)

select
    company_id,
    source_id,
    item,
    basis,
    period_end,
    is_period_estimated,
    method,
    accession,
    currency,
    value,
    valid_from,
    valid_to

from year_before

where preference = 1
