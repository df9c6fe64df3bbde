-- XBRL concepts and panel columns mapped to standard items: the curated seed, with
-- a user's own rows before it. A user's row replaces the seed's of the same concept
-- and item and goes before every other concept of that item; sign 0 unmaps.
-- Grain: one row per taxonomy, tag and item.

with

overrides as (

    select * from {{ source('ref', 'concept_override') }}

),

curated as (

    select * from {{ ref('concept_map') }} as curated

    where not exists (
        select from overrides
        where
            overrides.taxonomy = curated.taxonomy
            and overrides.tag = curated.tag
            and overrides.item = curated.item
    )

),

concepts as (

    select
        taxonomy,
        tag,
        item,
        priority,
        sign,
        industry,
        true as is_override

    from overrides

    where sign <> 0

    union all

    select
        taxonomy,
        tag,
        item,
        priority,
        sign,
        industry,
        false

    from curated

),

described as (

    select
        concepts.taxonomy,
        concepts.tag,
        concepts.item,
        items.kind,
        items.unit as item_unit,
        concepts.sign,
        concepts.industry,
        concepts.is_override,
        row_number() over (
            partition by concepts.item
            order by not concepts.is_override, concepts.priority, concepts.tag
        )::smallint as rank

    from concepts

    inner join {{ ref('standard_items') }} as items on concepts.item = items.item

)

select * from described
