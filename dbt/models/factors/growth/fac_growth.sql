-- Growth family: how fast a firm changes, against a year ago as known now.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_growth.yml (same folder).

with

fundamentals as (

    select * from {{ ref('int_fundamentals__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),


factors as (

    select
        security_id,
        trade_date,

        fac.growth(sales, sales_1y) as sales_growth_1y,
        fac.growth(net_income, net_income_1y) as earnings_growth_1y,
        fac.growth(assets, assets_1y) as asset_growth_1y,
        fac.growth(book_equity, book_equity_1y) as book_equity_growth_1y,
        fac.ratio(
            (ppe_net - ppe_net_1y) + (inventory - inventory_1y), assets_1y
        ) as investment_to_assets,
        fac.growth(capex, capex_1y) as capex_growth_1y,
        fac.growth(operating_cash_flow, operating_cash_flow_1y)
            as operating_cash_flow_growth_1y

    from fundamentals

)

select * from factors
