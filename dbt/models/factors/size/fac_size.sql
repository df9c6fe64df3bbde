-- Size family: what the market says a firm is worth.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_size.yml (same folder).

with

caps as (

    select * from {{ ref('int_market_caps__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),


factors as (

    select
        security_id,
        trade_date,

        ln(nullif(market_equity, 0)) as log_market_equity,
        ln(nullif(price, 0)) as log_price

    from caps

)

select * from factors
