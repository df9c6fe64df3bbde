-- Volatility family: risk of the past year, from differences of running sums.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_volatility.yml (same folder).

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

        sqrt(252 * variance_21) as volatility_21d,
        sqrt(252 * variance_252) as volatility_252d,
        beta_252 as beta_252d,
        sqrt(252 * case
            when beta_252 is not null
                then greatest(
                    variance_252 - beta_252 * beta_252 * market_variance_252, 0
                )
        end) as idiosyncratic_volatility_252d,
        sqrt(252 * fac.ratio(downside_2_252, n_252)) as downside_volatility_252d,
        fac.ratio(
            fac.ratio(return_3_252, n_252)
            - 3 * fac.ratio(return_252, n_252) * fac.ratio(return_2_252, n_252)
            + 2 * fac.ratio(return_252, n_252) ^ 3,
            ((n_252 - 1) / nullif(n_252, 0) * variance_252) ^ 1.5
        ) as skewness_252d,
        sqrt(252 * fac.ratio(range_2_63, n_range_63) / (4 * ln(2.0)))
            as range_volatility_63d

    from bars

)

select * from factors
