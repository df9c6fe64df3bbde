-- Whether a universe exists, the latest day with exposures, and the days around the
-- one asked for. One row always; nulls while nothing is built.
-- Parameters: universe, trade_date
select
    exists(
        select 1
        from marts.dim_universe
        where universe = %(universe)s
    ) as has_universe,
    (select max(trade_date) from marts.fct_exposures) as latest_date,
    (
        select max(trade_date)
        from marts.fct_exposures
        where trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(trade_date)
        from marts.fct_exposures
        where trade_date >= %(trade_date)s::date
    ) as date_after
