-- Specific returns: what the second pass leaves of each name's raw excess return.
-- Grain: one row per security and session.

{{ config(meta={
    'grain': ['security_id', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps']
}, pre_hook=joined_by_hash(), indexes=[{'columns': ['trade_date', 'security_id']}]) }}

{{ specific_returns_of('rsk_regressions', 'rsk_panel') }}
