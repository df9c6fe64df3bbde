-- Factors of the risk models: the market, the sectors, the styles, in the order in
-- which vectors and matrices hold them.
-- Grain: one row per factor.

{{ config(materialized='reader_view', meta={'grain': ['factor_id']}) }}

with

sectors as (

    select distinct own.sector
    from {{ ref('rsk_regressions') }} as day
    cross join
        lateral unnest(day.sectors, day.sector_returns)
            as own (sector, sector_return)
    where own.sector_return is not null

),

named as (

    select
        'market' as factor_id,
        'market' as factor_kind,
        null as sector,
        1 as kind_place,
        0 as place

    union all

    select
        risk.sector_factor(sector),
        'sector',
        sector,
        2,
        row_number() over (order by sector)
    from sectors

    union all

    select
        style,
        'style',
        null,
        3,
        place
    from unnest({{ text_array(var('styles')) }}) with ordinality as s (style, place)

)

select
    factor_id,
    factor_kind,
    sector,
    (row_number() over (order by kind_place, place))::integer as place
from named
