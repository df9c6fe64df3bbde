-- Values and scores of the family growth.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_growth') }}

{{ config(
    meta={
        'family': 'growth',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('growth') }}"
) }}

{{ rank_family('growth') }}
