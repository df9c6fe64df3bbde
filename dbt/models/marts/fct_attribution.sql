-- What the factors contributed to the daily returns of uploaded portfolios.
-- Grain: one row per portfolio, session and factor.

{{ config(materialized='stable_view', meta={
    'grain': ['portfolio', 'trade_date', 'factor_id']
}) }}

select
    portfolio.name as portfolio,
    day.trade_date,
    day.factor_id,
    day.family,
    day.exposure,
    day.factor_return,
    day.contribution

from {{ ref('rsk_attribution') }} as day

inner join {{ source('risk', 'portfolio') }} as portfolio
    on day.portfolio_id = portfolio.portfolio_id
