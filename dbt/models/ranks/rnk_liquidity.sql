-- Values and scores of the family liquidity.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_liquidity') }}

{{ config(
    meta={
        'family': 'liquidity',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('liquidity') }}"
) }}

{{ rank_family('liquidity') }}
