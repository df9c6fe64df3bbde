-- Inflation family: prices paid, expected and passed on.
-- Grain: one row per trading day. One column per factor.
-- Formulas, units and references: fac_inflation.yml (same folder).

with

known as (

    select *
    from {{ ref('int_macro__as_known') }}
    where trade_date between {{ since() }} and {{ until() }}

),

by_day as (

    select
        trade_date,

        max(value) filter (where series_id = 'CPIAUCSL') as cpi,
        max(value_3_months_earlier) filter (where series_id = 'CPIAUCSL') as cpi_3m,
        max(value_1_year_earlier) filter (where series_id = 'CPIAUCSL') as cpi_1y,
        max(value) filter (where series_id = 'PCEPILFE') as core_pce,
        max(value_1_year_earlier) filter (where series_id = 'PCEPILFE') as core_pce_1y,
        max(value) filter (where series_id = 'PPIACO') as ppi,
        max(value_1_year_earlier) filter (where series_id = 'PPIACO') as ppi_1y,
        max(value) filter (where series_id = 'IR') as import_prices,
        max(value_1_year_earlier) filter (where series_id = 'IR') as import_prices_1y,
        max(value) filter (where series_id = 'CES0500000003') as wages,
        max(value_1_year_earlier) filter (
            where series_id = 'CES0500000003'
        ) as wages_1y,
        max(value) filter (where series_id = 'T10YIE') as breakeven,
        max(value_3_months_earlier) filter (where series_id = 'T10YIE') as breakeven_3m,
        max(value) filter (where series_id = 'DCOILWTICO') as oil,
        max(value_3_months_earlier) filter (where series_id = 'DCOILWTICO') as oil_3m,
        max(value_1_year_earlier) filter (where series_id = 'DCOILWTICO') as oil_1y

    from known

    group by trade_date

),

factors as (

    select
        trade_date,

        fac.growth(cpi, cpi_1y) as inflation_1y,
        4 * fac.growth(cpi, cpi_3m) - fac.growth(cpi, cpi_1y) as inflation_momentum,
        fac.growth(core_pce, core_pce_1y) as core_inflation_1y,
        fac.growth(ppi, ppi_1y) as producer_inflation_1y,
        fac.growth(import_prices, import_prices_1y) as import_inflation_1y,
        fac.growth(wages, wages_1y) as wage_growth_1y,
        breakeven as breakeven_inflation_10y,
        breakeven - breakeven_3m as breakeven_change_3m,
        fac.growth(oil, oil_3m) as oil_change_3m,
        fac.growth(oil, oil_1y) as oil_change_1y

    from by_day

)

select * from factors
