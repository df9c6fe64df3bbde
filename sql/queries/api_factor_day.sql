-- A factor, whether the universe exists, and the days around the one asked for.
-- No row: no such factor. Days without a single value do not count as built.
-- Parameters: factor_id, universe, trade_date
select
    factors.factor_id,
    factors.kind,
    exists (
        select 1 from marts.dim_universe where universe = %(universe)s
    ) as has_universe,
    (
        select max(trade_date)
        from marts.fct_coverage
        where factor_id = factors.factor_id and n_values > 0
    ) as latest_date,
    (
        select max(trade_date)
        from marts.fct_coverage
        where
            factor_id = factors.factor_id
            and n_values > 0
            and trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(trade_date)
        from marts.fct_coverage
        where
            factor_id = factors.factor_id
            and n_values > 0
            and trade_date >= %(trade_date)s::date
    ) as date_after

from marts.dim_factor as factors

where factors.factor_id = %(factor_id)s
