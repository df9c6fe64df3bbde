-- Values and scores of the family size.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_size') }}

{{ config(
    meta={
        'family': 'size',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('size') }}"
) }}

{{ rank_family('size') }}
