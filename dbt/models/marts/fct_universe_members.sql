-- Memberships of universes as validity ranges: spells as published, and the
-- largest companies as reconstituted each June.
-- Grain: one row per universe, security and spell.

{{ config(meta={'inputs': ['bars', 'actions', 'facts', 'maps']}) }}

select
    universe.name as universe,
    member.security_id,
    member.valid_from,
    member.valid_to,
    member.is_backfilled

from {{ source('ref', 'universe_member') }} as member

inner join {{ source('ref', 'universe') }} as universe
    on member.universe_id = universe.universe_id

union all

select
    universe,
    security_id,
    valid_from,
    valid_to,
    false as is_backfilled

from {{ ref('int_universe__largest') }}
