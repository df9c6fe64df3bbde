-- Value family: how much of a firm's fundamentals one unit of price buys.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_value.yml (same folder).

with

fundamentals as (

    select * from {{ ref('int_fundamentals__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),


factors as (

    select
        security_id,
        trade_date,

        fac.ratio(book_equity, market_equity) as book_to_market,
        fac.ratio(net_income, market_equity) as earnings_to_price,
        fac.ratio(sales, market_equity) as sales_to_price,
        fac.ratio(operating_cash_flow, market_equity) as cash_flow_to_price,
        fac.ratio(operating_cash_flow - capex, market_equity)
            as free_cash_flow_to_price,
        fac.ratio(dividends_paid, market_equity) as dividend_yield,
        fac.ratio(
            dividends_paid + share_repurchases - share_issuance, market_equity
        ) as net_payout_yield,
        fac.ratio(
            ebitda, market_equity + total_debt - cash_and_equivalents
        ) as ebitda_to_enterprise_value,
        fac.ratio(assets, market_equity) as assets_to_market,
        fac.ratio(retained_earnings, market_equity) as retained_earnings_to_market

    from fundamentals

)

select * from factors
