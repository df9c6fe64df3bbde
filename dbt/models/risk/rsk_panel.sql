-- Each return beside the exposures of the close before: what the first pass of the
-- regression reads. The weight is the root of the cap.
-- Grain: one row per security and session.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

{{ config(materialized='stable_view') }}

select
    returned.security_id,
    returned.trade_date,
    returned.exposure_date,
    returned.session_no,
    exposure.sector,
    exposure.cap_usd as cap,
    sqrt(exposure.cap_usd) as weight,
    returned.is_estimated,
    returned.estimation_return,
    returned.excess_return
    {%- for style in var('styles') %},
    exposure.{{ style }}
{%- endfor %}

from {{ ref('rsk_returns') }} as returned

inner join {{ ref('rsk_exposures') }} as exposure
    on
        returned.security_id = exposure.security_id
        and returned.exposure_date = exposure.trade_date
