-- Momentum family: total returns over past months, from the forward index.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_momentum.yml (same folder).

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

        total_return_index_21 / total_return_index_252 - 1 as momentum_12m_1m,
        total_return_index_21 / total_return_index_126 - 1 as momentum_6m_1m,
        total_return_index_126 / total_return_index_252 - 1 as momentum_12m_7m,
        total_return_index / total_return_index_63 - 1 as momentum_3m,
        fac.ratio(
            ln(total_return_index_21 / total_return_index_252),
            sqrt(252 * variance_252)
        ) as momentum_per_risk_12m_1m,
        fac.ratio(close, high_252) as high_52w

    from bars

)

select * from factors
