-- What the factors contributed to the daily returns of every uploaded portfolio, with
-- the weights and exposures of the close before: risk.attribution_days says how.
-- Grain: one row per portfolio, session and factor.

-- The function reads what dbt does not see:
-- depends_on: {{ ref('int_prices__daily') }}
-- depends_on: {{ ref('rsk_exposures') }}
-- depends_on: {{ ref('rsk_returns') }}
-- depends_on: {{ ref('rsk_regressions') }}
-- depends_on: {{ ref('rsk_specific_returns') }}
-- depends_on: {{ source('risk', 'holding') }}

{{ config(meta={
    'grain': ['portfolio_id', 'trade_date', 'factor_id'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps', 'portfolios'],
    'chunk_sessions': 252
}, indexes=[{'columns': ['trade_date']}]) }}

select
    portfolio_id,
    trade_date,
    factor_id,
    family,
    exposure,
    factor_return,
    contribution

from risk.attribution_days(
    array(select portfolio.portfolio_id from {{ source('risk', 'portfolio') }}),
    {{ since() }},
    {{ until() }},
    {{ text_array(var('styles')) }}
)
