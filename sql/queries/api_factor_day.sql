-- A factor, whether the universe exists, and the days around the one asked for.
-- No row: no such factor. Days without a single value do not count as built.
-- Parameters: factor_id, universe, trade_date
select
    factors.factor_id,
    factors.kind,
    (
        select count(*) > 0
        from marts.dim_universe as universes
        where universes.universe = %(universe)s
    ) as has_universe,
    (
        select max(days.trade_date)
        from marts.fct_coverage as days
        where days.factor_id = factors.factor_id and days.n_values > 0
    ) as latest_date,
    (
        select max(days.trade_date)
        from marts.fct_coverage as days
        where
            days.factor_id = factors.factor_id
            and days.n_values > 0
            and days.trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(days.trade_date)
        from marts.fct_coverage as days
        where
            days.factor_id = factors.factor_id
            and days.n_values > 0
            and days.trade_date >= %(trade_date)s::date
    ) as date_after

from marts.dim_factor as factors

where factors.factor_id = %(factor_id)s
