-- Standard items as they were known on any session: the value of the latest period
-- end known, in the vintage known last, and (basis ending in _1y) the value of the
-- period a year before it in the vintage known then. Where the latest period of a flow
-- gives no trailing sum or quarter there is no row: an older one is not carried.
-- EDGAR goes before panels, panels by the priority of their source. A value ends 18
-- months after its period.
-- Grain: one row per company, item, basis and range of sessions.

{{ config(
    materialized='refill',
    meta={'inputs': ['facts', 'maps']},
    pre_hook=joined_by_hash(),
    indexes=[{'columns': ['company_id', 'valid_from']}]
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
        on series.company_id = latest.company_id
        and series.source_id = latest.source_id
        and series.item = latest.item
        and series.basis = latest.basis
        and series.period_end = latest.period_end
        and (latest.later_from > latest.known_from or latest.later_from is null)

),

valid as (

    select * from current where valid_from < valid_to

),

bucketed as (

    select
        *,
        min(known_from) over (
            partition by company_id, source_id, item, basis, period_end
        ) as first_from,
        {{ buckets_near('period_end', 'case when is_period_estimated then 45 else 16 end') }}
            as bucket

    from series

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

    from valid

    inner join bucketed as before
        on valid.company_id = before.company_id
        and valid.source_id = before.source_id
        and valid.item = before.item
        and valid.basis = before.basis
        and {{ bucket_of('(valid.period_end - 365)') }} = before.bucket
        and abs(valid.period_end - 365 - before.period_end)
        <= case when before.is_period_estimated then 45 else 16 end
        and valid.valid_from < before.known_to
        and before.known_from < valid.valid_to
        and valid.currency is not distinct from before.currency

),

stacked as (

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

    from valid

    union all

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

),

prioritised as (

    select
        stacked.*,
        case when stacked.source_id = 0 then 0 else 1 + sources.rank end as source_rank

    from stacked

    left join (
        select
            source_id,
            row_number() over (order by priority, source_id) as rank
        from {{ source('ref', 'data_source') }}
    ) as sources on stacked.source_id = sources.source_id

),

-- What sources before this one cover is taken out of its ranges.
covered as (

    select
        company_id,
        item,
        basis,
        source_rank,
        range_agg(daterange(valid_from, valid_to)) as days

    from prioritised

    where company_id in (select company_id from prioritised where source_rank > 0)

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

panels as (

    select
        panel.*,
        unnest(
            datemultirange(daterange(panel.valid_from, panel.valid_to))
            - coalesce(covered_before.days, '{}'::datemultirange)
        ) as days

    from prioritised as panel

    inner join covered_before
        on panel.company_id = covered_before.company_id
        and panel.item = covered_before.item
        and panel.basis = covered_before.basis
        and panel.source_rank = covered_before.source_rank

    where panel.source_rank > 0

),

known as (

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

    from prioritised

    where source_rank = 0

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

    from panels

)

select * from known
