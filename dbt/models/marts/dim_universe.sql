-- Universes with how many names they hold now.
-- Grain: one row per universe.

{{ config(materialized='reader_view', meta={'grain': ['universe']}) }}

with

latest as (

    select
        trade_date,
        n_names
    from {{ ref('int_market__daily') }}
    order by trade_date desc
    limit 1

)

select
    universe.name as universe,
    universe.description,
    universe.size,
    case universe.name
        when 'all' then max(latest.n_names)
        else count(member.security_id) filter (
            where member.valid_to is null or member.valid_to > latest.trade_date
        )
    end as n_members,
    min(member.valid_from) as first_valid_from,
    max(member.valid_from) as last_valid_from

from {{ source('ref', 'universe') }} as universe

left join {{ ref('fct_universe_members') }} as member
    on universe.name = member.universe

left join latest on true

group by universe.name, universe.description, universe.size
