-- Cycle family: output, jobs, demand and confidence.
-- Grain: one row per trading day. One column per factor.
-- Formulas, units and references: fac_cycle.yml (same folder).

with

known as (

    select *
    from {{ ref('int_macro__as_known') }}
    where trade_date between {{ since() }} and {{ until() }}

),

by_day as (

    select
        trade_date,

        max(value) filter (where series_id = 'GDP') as gdp,
        max(value_1_year_earlier) filter (where series_id = 'GDP') as gdp_1y,
        max(value) filter (where series_id = 'GDPC1') as real_gdp,
        max(value_1_year_earlier) filter (where series_id = 'GDPC1') as real_gdp_1y,
        max(value) filter (where series_id = 'INDPRO') as production,
        max(value_1_year_earlier) filter (where series_id = 'INDPRO') as production_1y,
        max(value) filter (where series_id = 'PAYEMS') as payrolls,
        max(value_3_months_earlier) filter (where series_id = 'PAYEMS') as payrolls_3m,
        max(value_1_year_earlier) filter (where series_id = 'PAYEMS') as payrolls_1y,
        max(value) filter (where series_id = 'UNRATE') as unemployment,
        max(value_1_year_earlier) filter (
            where series_id = 'UNRATE'
        ) as unemployment_1y,
        max(value) filter (where series_id = 'SAHMREALTIME') as sahm,
        max(value) filter (where series_id = 'ICSA') as claims,
        max(value_1_year_earlier) filter (where series_id = 'ICSA') as claims_1y,
        max(value) filter (where series_id = 'HOUST') as starts,
        max(value_1_year_earlier) filter (where series_id = 'HOUST') as starts_1y,
        max(value) filter (where series_id = 'RSXFS') as retail,
        max(value_1_year_earlier) filter (where series_id = 'RSXFS') as retail_1y,
        max(value) filter (where series_id = 'NEWORDER') as orders,
        max(value_1_year_earlier) filter (where series_id = 'NEWORDER') as orders_1y,
        max(value) filter (where series_id = 'JTSJOL') as openings,
        max(value_1_year_earlier) filter (where series_id = 'JTSJOL') as openings_1y,
        max(value) filter (where series_id = 'UMCSENT') as sentiment,
        max(value_1_year_earlier) filter (where series_id = 'UMCSENT') as sentiment_1y

    from known

    group by trade_date

),

factors as (

    select
        trade_date,

        fac.growth(gdp, gdp_1y) as gdp_growth_1y,
        fac.growth(real_gdp, real_gdp_1y) as real_gdp_growth_1y,
        fac.growth(production, production_1y) as industrial_production_growth_1y,
        fac.growth(payrolls, payrolls_1y) as payroll_growth_1y,
        4 * fac.growth(payrolls, payrolls_3m) as payroll_growth_3m,
        unemployment - unemployment_1y as unemployment_change_1y,
        sahm as sahm_gap,
        fac.growth(claims, claims_1y) as initial_claims_growth_1y,
        fac.growth(starts, starts_1y) as housing_starts_growth_1y,
        fac.growth(retail, retail_1y) as retail_sales_growth_1y,
        fac.growth(orders, orders_1y) as capital_goods_orders_growth_1y,
        fac.growth(openings, openings_1y) as job_openings_growth_1y,
        sentiment as consumer_sentiment,
        sentiment - sentiment_1y as consumer_sentiment_change_1y

    from by_day

)

select * from factors
