-- The latest cross-section of every factor, with tickers.
-- Grain: one row per security and factor.

{{ config(materialized='reader_view', meta={'grain': ['factor_id', 'security_id']}) }}

select
    long.security_id,
    security.ticker,
    long.trade_date,
    long.factor_id,
    long.value,
    long.zscore,
    long.score,
    long.sector_score

from {{ ref('fct_factor_values') }} as long

inner join {{ ref('dim_security') }} as security
    on long.security_id = security.security_id

where long.trade_date = (select max(trade_date) from {{ ref('int_market__daily') }})
