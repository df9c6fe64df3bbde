-- Cross-source family: filings, prices and macro series together.
-- Grain: one row per security per trading day. One column per factor.
-- Formulas, signs and references: fac_cross_source.yml (same folder).

with

fundamentals as (

    select * from {{ ref('int_fundamentals__daily') }}
    where trade_date between {{ since() }} and {{ until() }}

),

bars as (

    select * from {{ ref('int_bars__lagged') }}
    where trade_date between {{ since() }} and {{ until() }}

),

rate as (

    select
        trade_date,
        value / 100 as yield_10y
    from {{ ref('int_macro__as_known') }}
    where
        series_id = 'DGS10'
        and trade_date between {{ since() }} and {{ until() }}

),

joined as (

    select
        fundamentals.security_id,
        fundamentals.trade_date,
        fundamentals.net_income,
        fundamentals.sales,
        fundamentals.sales_1y,
        fundamentals.dividends_paid,
        fundamentals.gross_profit,
        fundamentals.assets,
        fundamentals.liabilities,
        fundamentals.total_debt,
        fundamentals.market_equity,
        fundamentals.line_market_cap,
        bars.variance_252,
        bars.total_return_index,
        bars.total_return_index_252,
        bars.dollar_volume_21,
        bars.rate_beta_252,
        rate.yield_10y

    from fundamentals

    inner join bars
        on
            fundamentals.security_id = bars.security_id
            and fundamentals.trade_date = bars.trade_date

    left join rate
        on fundamentals.trade_date = rate.trade_date

),


factors as (

    select
        security_id,
        trade_date,

        fac.ratio(net_income, market_equity) - yield_10y as earnings_yield_spread,
        fac.ratio(dividends_paid, market_equity) - yield_10y as dividend_yield_spread,
        fac.ratio(
            ln(nullif(fac.ratio(market_equity + liabilities, liabilities), 0)),
            sqrt(252 * variance_252)
            * fac.ratio(market_equity, market_equity + liabilities)
        ) as distance_to_default,
        fac.ratio(dollar_volume_21 * 1e6 / 21, line_market_cap) as turnover_21d,
        rate_beta_252 as rate_beta_252d,
        total_return_index / total_return_index_252 - 1 - fac.growth(sales, sales_1y)
            as price_less_sales_growth_1y,
        fac.ratio(gross_profit, market_equity + total_debt)
            as gross_profits_to_enterprise_value

    from joined

)

select * from factors
