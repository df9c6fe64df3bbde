-- Liquidity family: what it costs to trade a name.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_liquidity.yml (same folder).

with

bars as (

    select * from {{ ref('int_bars__lagged') }}
    where
        trade_date between {{ since() }} and {{ until() }}
        and not is_delisting

),


factors as (

    select
        security_id,
        trade_date,

        fac.ratio(illiquidity_21, n_traded_21) as illiquidity_21d,
        fac.ratio(illiquidity_252, n_traded_252) as illiquidity_252d,
        ln(nullif(greatest(dollar_volume_63 / 63, 0), 0)) as log_dollar_volume_63d,
        fac.ratio(n_zero_252, n_252) as zero_return_days_252d,
        fac.ratio(12 * dollar_volume_21, dollar_volume_252) - 1 as volume_trend_21d_252d

    from bars

)

select * from factors
