-- Values and scores of the family value.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_value') }}

{{ config(
    meta={
        'family': 'value',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('value') }}"
) }}

{{ rank_family('value') }}
