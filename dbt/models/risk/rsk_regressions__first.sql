-- First pass: factor returns by least squares with weights of root cap.
-- Grain: one row per session with a panel.

{{ config(meta={
    'grain': ['trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
    'chunk_sessions': 756
}, pre_hook=joined_by_hash()) }}

select *
from risk.factor_returns(
    '{{ ref("rsk_panel") }}',
    {{ text_array(var('styles')) }},
    {{ since() }},
    {{ until() }}
)
