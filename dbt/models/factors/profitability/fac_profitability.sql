-- Profitability family: what a firm earns on what it uses.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_profitability.yml (same folder).

with

fundamentals as (

    select * from {{ ref('int_fundamentals__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),


factors as (

    select
        security_id,
        trade_date,

        fac.ratio(gross_profit, assets) as gross_profits_to_assets,
        fac.ratio(operating_income - interest_expense, book_equity)
            as operating_profits_to_book_equity,
        fac.ratio(net_income, book_equity) as return_on_equity,
        fac.ratio(net_income, assets) as return_on_assets,
        fac.ratio(operating_cash_flow, assets) as cash_flow_to_assets,
        fac.ratio(net_income, sales) as net_margin,
        fac.ratio(gross_profit, sales) as gross_margin,
        fac.ratio(sales, assets) as asset_turnover,
        fac.ratio(research_development, sales) as research_to_sales

    from fundamentals

)

select * from factors
