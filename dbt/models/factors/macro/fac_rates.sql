-- Rates family: the level, slope and stance of interest rates.
-- Grain: one row per trading day. One column per factor.
-- Formulas, units and references: fac_rates.yml (same folder).

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
        max(value_3_months_earlier) filter (where series_id = 'DGS10') as dgs10_3m,
        max(value_1_year_earlier) filter (where series_id = 'DGS10') as dgs10_1y,
        max(value) filter (where series_id = 'DGS2') as dgs2,
        max(value_3_months_earlier) filter (where series_id = 'DGS2') as dgs2_3m,
        max(value) filter (where series_id = 'DGS3MO') as dgs3mo,
        max(value) filter (where series_id = 'DGS5') as dgs5,
        max(value) filter (where series_id = 'DFII10') as dfii10,
        max(value) filter (where series_id = 'DFF') as dff,
        max(value_1_year_earlier) filter (where series_id = 'DFF') as dff_1y,
        max(value) filter (where series_id = 'CPIAUCSL') as cpi,
        max(value_1_year_earlier) filter (where series_id = 'CPIAUCSL') as cpi_1y,
        max(value) filter (where series_id = 'THREEFYTP10') as term_premium

    from known

    group by trade_date

),

factors as (

    select
        trade_date,

        dgs10 as yield_level_10y,
        dgs10 - dgs2 as term_spread_10y_2y,
        dgs10 - dgs3mo as term_spread_10y_3m,
        2 * dgs5 - dgs2 - dgs10 as yield_curvature,
        dgs10 - dgs10_1y as yield_change_10y_1y,
        (dgs10 - dgs2) - (dgs10_3m - dgs2_3m) as term_spread_change_3m,
        dfii10 as real_yield_10y,
        dff - dff_1y as fed_funds_change_1y,
        dff - 100 * fac.growth(cpi, cpi_1y) as real_fed_funds_rate,
        term_premium as term_premium_10y

    from by_day

)

select * from factors
