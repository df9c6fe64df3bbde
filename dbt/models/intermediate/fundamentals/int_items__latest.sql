-- Items of the latest period end known, in the vintage known last, one source beside
-- the other. Where the latest period of a flow gives no trailing sum or quarter there
-- is no row: an older one is not carried. A value ends 18 months after its period.
-- Grain: one row per company, source, item, basis and range of sessions.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_items__by_period': 'company_id',
            'int_facts__vintages': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

series as (

    select * from {{ ref('int_items__by_period') }}

),

-- When each period end became known: of a flow by any of its amounts, else by the
-- amounts of the basis itself.
flow_periods as (

    select
        company_id,
        source_id,
        item,
        period_end,
        min(known_from) as known_from

    from {{ ref('int_facts__vintages') }}

    where kind = 'flow' and days >= 20

    group by company_id, source_id, item, period_end

),

other_periods as (

    select
        company_id,
        source_id,
        item,
        basis,
        period_end,
        min(known_from) as known_from

    from series

    where kind <> 'flow'

    group by company_id, source_id, item, basis, period_end

),

periods as (

    select
        company_id,
        source_id,
        item,
        unnest(array['ttm', 'quarter']) as basis,
        period_end,
        known_from

    from flow_periods

    union all

    select * from other_periods

),

latest as (

    select
        *,
        min(known_from) over (
            partition by company_id, source_id, item, basis
            order by period_end desc
            rows between unbounded preceding and 1 preceding
        ) as later_from

    from periods

),

current as (

    select
        series.company_id,
        series.source_id,
        series.item,
        series.basis,
        series.period_end,
        series.is_period_estimated,
        series.method,
        series.accession,
        series.currency,
        series.value,
        series.known_from as valid_from,
        least(
            series.known_to,
            latest.later_from,
            (series.period_end + interval '18 months')::date + 1
        ) as valid_to

    from series

    inner join latest
        on
            series.company_id = latest.company_id
            and series.source_id = latest.source_id
            and series.item = latest.item
            and series.basis = latest.basis
            and series.period_end = latest.period_end
            and (latest.later_from > latest.known_from or latest.later_from is null)

),

valid as (

    select * from current where valid_from < valid_to

)

select * from valid
