-- Values and scores of the family cross_source.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_cross_source') }}

{{ config(
    meta={
        'family': 'cross_source',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro', 'maps']
    },
    post_hook="{{ comment_ranks('cross_source') }}"
) }}

{{ rank_family('cross_source') }}
