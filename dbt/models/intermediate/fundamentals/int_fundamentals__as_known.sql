-- Fundamentals of a company as they were known on any session, one column per item
-- and basis (macro fundamental_columns): stocks, trailing twelve months of flows,
-- `_q` the latest quarter, `_1y` a year earlier as known then. A missing item is null.
-- Amounts are in the company's reporting currency, which `currency` names.
-- Grain: one row per company and range of sessions on which nothing changed.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_items__as_known': 'company_id'
        }
    },
    pre_hook=joined_by_hash(),
    post_hook=['{{ comment_fundamentals() }}'],
    indexes=[{'columns': ['company_id', 'valid_from'], 'unique': true}]
) }}

-- depends_on: {{ ref('standard_items') }}

with

slots (item, basis, run, place) as (

    values
    {{ fundamental_slots() }}

),

items as (

    select
        known.company_id,
        known.valid_from,
        known.valid_to,
        known.value,
        slots.run,
        slots.place,
        known.currency,
        case
            when
                known.basis = 'ttm'
                or (known.basis = 'instant' and known.item = 'assets')
                then known.period_end
        end as period_end,
        known.source_id

    from {{ ref('int_items__as_known') }} as known

    inner join slots on known.item = slots.item and known.basis = slots.basis

),

days as (

    select company_id, valid_from from items
    union
    select company_id, valid_to from items

),

ranges as (

    select
        company_id,
        valid_from,
        lead(valid_from) over (partition by company_id order by valid_from) as valid_to,
        row_number() over (partition by company_id order by valid_from) as range_no

    from days

),

-- An item's first and last range by number, so that its ranges can be counted out
-- rather than searched for.
numbered as (

    select
        items.*,
        first_range.range_no as first_no,
        end_range.range_no - 1 as last_no

    from items

    inner join ranges as first_range
        on
            items.company_id = first_range.company_id
            and items.valid_from = first_range.valid_from

    inner join ranges as end_range
        on
            items.company_id = end_range.company_id
            and items.valid_to = end_range.valid_from

),

laid_out as (

    select
        *,
        generate_series(first_no, last_no) as range_no

    from numbered

),

gathered as (

    select
        company_id,
        range_no,
        run,
        max(period_end) as period_end,
        max(currency) as currency,
        max(source_id) as source_id,
        {{ gathered_slots() }}

    from laid_out

    group by company_id, range_no, run

),

spread as (

    select
        company_id,
        range_no,
        max(period_end) as period_end,
        max(currency) as currency,
        bool_or(source_id > 0) as has_panel_items,
        {{ spread_slots() }}

    from gathered

    group by company_id, range_no

),

dated as (

    select
        spread.company_id,
        ranges.valid_from,
        ranges.valid_to,
        spread.period_end,
        spread.currency,
        spread.has_panel_items,
        {{ fundamental_names() }}

    from spread

    inner join ranges
        on
            spread.company_id = ranges.company_id
            and spread.range_no = ranges.range_no

)

select * from dated
