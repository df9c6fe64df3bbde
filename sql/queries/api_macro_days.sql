-- First and latest day of any macro factor, and the days around the one asked for.
-- One row always; nulls while nothing is built.
-- Parameters: trade_date
select
    (select min(trade_date) from marts.fct_macro_factors) as first_date,
    (select max(trade_date) from marts.fct_macro_factors) as latest_date,
    (
        select max(trade_date)
        from marts.fct_macro_factors
        where trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(trade_date)
        from marts.fct_macro_factors
        where trade_date >= %(trade_date)s::date
    ) as date_after
