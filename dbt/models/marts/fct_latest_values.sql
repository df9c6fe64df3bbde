-- The latest cross-section of every factor, with tickers.
-- Grain: one row per security and factor.

{{ config(materialized='reader_view', meta={'grain': ['factor_id', 'security_id']}) }}

with

-- From the reference tables, not from dim_security: a materialized view that
-- another one reads could not be replaced.
current_ticker as (

    select distinct on (history.security_id)
        history.security_id,
        ticker.ticker
    from {{ source('ref', 'ticker_history') }} as history
    inner join {{ source('ref', 'ticker') }} as ticker
        on history.ticker_id = ticker.ticker_id
    order by history.security_id, history.valid_from desc

)

select
    long.security_id,
    current_ticker.ticker,
    long.trade_date,
    long.factor_id,
    long.value,
    long.zscore,
    long.score,
    long.sector_score

from {{ ref('fct_factor_values') }} as long

inner join current_ticker
    on long.security_id = current_ticker.security_id

where long.trade_date = (select max(trade_date) from {{ ref('int_market__daily') }})
