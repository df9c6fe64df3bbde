-- Values and scores of the family momentum.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_momentum') }}

{{ config(
    meta={
        'family': 'momentum',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('momentum') }}"
) }}

{{ rank_family('momentum') }}
