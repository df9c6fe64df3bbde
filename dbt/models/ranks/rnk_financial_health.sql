-- Values and scores of the family financial_health.
-- Grain: one row per security per trading day.
-- depends_on: {{ ref('fac_financial_health') }}

{{ config(
    meta={
        'family': 'financial_health',
        'ranks': true,
        'chunk_sessions': 126,
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps']
    },
    post_hook="{{ comment_ranks('financial_health') }}"
) }}

{{ rank_family('financial_health') }}
