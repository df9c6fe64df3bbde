-- Values and scores of the family profitability.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_profitability') }}

{{ config(
    meta={
        'family': 'profitability',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('profitability') }}"
) }}

{{ rank_family('profitability') }}
