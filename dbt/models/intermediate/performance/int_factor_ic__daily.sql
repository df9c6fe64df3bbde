-- How each factor's ranks foretold returns, signal by signal: rank IC, returns of the
-- best and the worst tenth, turnover of the best. Dated by the session on which the
-- holding ends, the first that could know it.
-- Grain: one row per factor, universe, horizon and signal date.
-- depends_on: {{ ref('int_forward_returns') }}
-- depends_on: {{ ref('fct_universe_members') }}
{% for family in var('families') %}
-- depends_on: {{ ref('fac_' ~ family) }}
{%- endfor %}

{{ config(
    materialized='interval',
    meta={
        'grain': ['factor_id', 'universe', 'horizon_days', 'trade_date', 'signal_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
        'chunk_sessions': 252
    },
    indexes=[{'columns': ['trade_date']}],
    pre_hook=joined_by_hash()
) }}

{{ rank_ic() }}
