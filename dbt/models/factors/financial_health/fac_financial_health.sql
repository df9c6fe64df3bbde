-- Financial health family: leverage, balance-sheet liquidity, quality of earnings.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_financial_health.yml (same folder).

with

fundamentals as (

    select * from {{ ref('int_fundamentals__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),


factors as (

    select
        security_id,
        trade_date,

        fac.ratio(total_debt, assets) as debt_to_assets,
        fac.ratio(total_debt, market_equity) as debt_to_market,
        fac.ratio(current_assets, current_liabilities) as current_ratio,
        fac.ratio(cash_and_equivalents, assets) as cash_to_assets,
        fac.ratio(operating_income, interest_expense) as interest_coverage,
        fac.ratio(net_income - operating_cash_flow, assets) as accruals,
        fac.ratio(
            (assets - cash_and_equivalents) - (liabilities - total_debt), assets_1y
        ) as net_operating_assets,
        1.2 * fac.ratio(current_assets - current_liabilities, assets)
        + 1.4 * fac.ratio(retained_earnings, assets)
        + 3.3 * fac.ratio(operating_income, assets)
        + 0.6 * fac.ratio(market_equity, liabilities)
        + fac.ratio(sales, assets) as altman_z,
        fac.ratio(assets, book_equity) as book_leverage

    from fundamentals

)

select * from factors
