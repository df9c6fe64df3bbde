-- Values and scores of the family volatility.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_volatility') }}

{{ config(
    meta={
        'family': 'volatility',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('volatility') }}"
) }}

{{ rank_family('volatility') }}
