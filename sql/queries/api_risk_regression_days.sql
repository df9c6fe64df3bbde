-- First and latest day with a cross-sectional regression, and the days around the one
-- asked for. One row always; nulls while nothing is built.
-- Parameters: trade_date
select
    (select min(trade_date) from marts.fct_regressions) as first_date,
    (select max(trade_date) from marts.fct_regressions) as latest_date,
    (
        select max(trade_date)
        from marts.fct_regressions
        where trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(trade_date)
        from marts.fct_regressions
        where trade_date >= %(trade_date)s::date
    ) as date_after
