-- Exposures of names to the styles of the risk models, at each close. Every name has
-- an exposure of 1 to the market and to its sector.
-- Grain: one row per security and session.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

{{ config(materialized='stable_view', meta={'grain': ['security_id', 'trade_date']}) }}

select
    security_id,
    trade_date,
    sector,
    risk.sector_factor(sector) as sector_factor_id,
    cap_usd,
    is_estimated,
    imputed
    {%- for style in var('styles') %},
    {{ style }}
    {%- endfor %}

from {{ ref('rsk_exposures') }}
