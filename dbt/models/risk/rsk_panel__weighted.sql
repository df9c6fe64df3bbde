-- The panel with the second pass's weights, known at the close before.
-- Grain: one row per security and session.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

{{ config(materialized='stable_view') }}

select
    panel.security_id,
    panel.trade_date,
    panel.exposure_date,
    panel.session_no,
    panel.sector,
    panel.cap,
    residual.next_weight as weight,
    panel.is_estimated,
    panel.estimation_return,
    panel.excess_return
    {%- for style in var('styles') %},
    panel.{{ style }}
{%- endfor %}

from {{ ref('rsk_panel') }} as panel

left join {{ ref('rsk_residuals__first') }} as residual
    on
        panel.security_id = residual.security_id
        and panel.exposure_date = residual.trade_date
