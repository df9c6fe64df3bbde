-- Reversal family: what fell last week or over three years tends to recover.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_reversal.yml (same folder).

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

        total_return_index / total_return_index_5 - 1 as reversal_1w,
        total_return_index / total_return_index_21 - 1 as reversal_1m,
        total_return_index_252 / total_return_index_756 - 1 as reversal_36m_12m

    from bars

)

select * from factors
