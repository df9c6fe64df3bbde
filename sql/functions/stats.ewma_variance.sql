-- stats.ewma_variance(x, half_life) -> double precision
--
-- Aggregate, over a window or with an order: the variance of the population about
-- the exponentially weighted mean, with the weights and the treatment of nulls of
-- stats.ewma. As pandas' ewm(halflife=…, adjust=True).var(bias=True).
--
-- Tested in: tests/sql/test_stats.py

create or replace aggregate stats.ewma_variance (
    x double precision, half_life double precision
)(
    sfunc = stats.ewma_step,
    stype = _float8,
    initcond = '{0,0,0}',
    finalfunc = stats.variance_of_state,
    parallel = safe
);

comment on aggregate stats.ewma_variance (double precision, double precision) is
'Exponentially weighted variance of ordered observations.';
