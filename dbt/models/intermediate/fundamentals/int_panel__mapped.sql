-- Panel rows as standard items of companies. A quarter or a year is given as its end;
-- its start is counted back by months. Where several tickers of one company carry a
-- row, the primary security's is taken.
-- Grain: one row per company, source, item, period and filing date.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'stg_panel__items': 'security_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

panel as (

    select * from {{ ref('stg_panel__items') }}

),

securities as (

    select * from {{ source('ref', 'security') }}

),

named as (

    select
        securities.company_id,
        securities.is_primary,
        panel.security_id,
        panel.source_id,
        panel.load_id,
        items.item,
        items.kind,
        panel.span,
        coalesce(
            panel.period_end,
            (date_trunc('month', panel.filed - 19) - interval '1 day')::date
        ) as period_end,
        panel.period_end is null as is_period_estimated,
        panel.filed,
        panel.known_at,
        panel.value * coalesce(concepts.sign, 1) as value

    from panel

    inner join securities on panel.security_id = securities.security_id

    left join {{ ref('stg_concepts') }} as concepts
        on panel.item = concepts.tag and concepts.taxonomy = 'panel'

    inner join {{ ref('standard_items') }} as items
        on
            coalesce(concepts.item, panel.item) = items.item
            and (panel.span = 'instant') = (items.kind = 'stock')

    where panel.period_end <= panel.filed or panel.period_end is null

),

periods as (

    select distinct on (company_id, source_id, item, span, period_end, filed)
        company_id,
        source_id,
        item,
        kind,
        case span
            when 'quarter' then (period_end + 1 - interval '3 months')::date
            when 'year' then (period_end + 1 - interval '12 months')::date
        end as period_start,
        period_end,
        is_period_estimated,
        format('panel %s filed %s', source_id, filed) as accession,
        null::text as currency,
        value,
        span as tag,
        known_at

    from named

    order by
        company_id,
        source_id,
        item,
        span,
        period_end,
        filed,
        is_primary desc,
        security_id,
        load_id desc

)

select * from periods
