-- Values and scores of the family reversal.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_reversal') }}

{{ config(
    meta={
        'family': 'reversal',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('reversal') }}"
) }}

{{ rank_family('reversal') }}
