-- Credit family: the price and supply of credit and money, and fear.
-- Grain: one row per trading day. One column per factor.
-- Formulas, units and references: fac_credit.yml (same folder).

with

known as (

    select *
    from {{ ref('int_macro__as_known') }}
    where trade_date between {{ since() }} and {{ until() }}

),

by_day as (

    select
        trade_date,

        max(value) filter (where series_id = 'DGS10') as dgs10,
        max(value) filter (where series_id = 'BAA10Y') as baa_10y,
        max(value) filter (where series_id = 'DBAA') as baa,
        max(value) filter (where series_id = 'DAAA') as aaa,
        max(value) filter (where series_id = 'BAMLC0A0CM') as ig_spread,
        max(value) filter (where series_id = 'BAMLH0A0HYM2') as hy_spread,
        max(value_3_months_earlier) filter (
            where series_id = 'BAMLH0A0HYM2'
        ) as hy_spread_3m,
        max(value) filter (where series_id = 'MORTGAGE30US') as mortgage,
        max(value) filter (where series_id = 'VIXCLS') as vix,
        max(value_3_months_earlier) filter (where series_id = 'VIXCLS') as vix_3m,
        max(value) filter (where series_id = 'NFCI') as conditions,
        max(value) filter (where series_id = 'STLFSI4') as stress,
        max(value) filter (where series_id = 'DRTSCILM') as standards,
        max(value) filter (where series_id = 'BUSLOANS') as loans,
        max(value_1_year_earlier) filter (where series_id = 'BUSLOANS') as loans_1y,
        max(value) filter (where series_id = 'M2SL') as m2,
        max(value_1_year_earlier) filter (where series_id = 'M2SL') as m2_1y,
        max(value) filter (where series_id = 'WALCL') as fed_assets,
        max(value_1_year_earlier) filter (where series_id = 'WALCL') as fed_assets_1y

    from known

    group by trade_date

),

factors as (

    select
        trade_date,

        baa_10y as baa_spread_10y,
        baa - aaa as default_spread_baa_aaa,
        ig_spread as investment_grade_spread,
        hy_spread as high_yield_spread,
        hy_spread - hy_spread_3m as high_yield_spread_change_3m,
        mortgage - dgs10 as mortgage_spread,
        vix as implied_volatility,
        vix - vix_3m as implied_volatility_change_3m,
        conditions as financial_conditions,
        stress as financial_stress,
        standards as lending_standards,
        fac.growth(loans, loans_1y) as business_loans_growth_1y,
        fac.growth(m2, m2_1y) as money_growth_1y,
        fac.growth(fed_assets, fed_assets_1y) as central_bank_assets_growth_1y

    from by_day

)

select * from factors
