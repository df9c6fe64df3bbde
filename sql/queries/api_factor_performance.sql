-- A factor's record per universe and horizon.
-- Parameters: factor_id
select
    universe,
    horizon_days::integer as horizon_days,
    n_periods::integer as n_periods,
    mean_ic::double precision as mean_ic,
    ic_std::double precision as ic_std,
    ic_tstat_nw::double precision as ic_tstat_nw,
    decile_spread::double precision as decile_spread,
    turnover::double precision as turnover

from marts.fct_factor_performance

where factor_id = %(factor_id)s

order by universe, horizon_days
