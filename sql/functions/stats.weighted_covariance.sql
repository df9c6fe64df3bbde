-- stats.weighted_covariance(x, y, w) -> double precision
--
-- Aggregate: the weighted covariance of the population, sum(w (x - mean of x)
-- (y - mean of y)) / sum(w) about the weighted means. Rows in which x, y or w is
-- null are skipped, NaN passes on; null without a positive weight; an error 22023
-- for a negative one.
--
-- Tested in: tests/sql/test_stats.py

create or replace aggregate stats.weighted_covariance (
    x double precision, y double precision, w double precision
)(
    sfunc = stats.weighted_pair_step,
    stype = _float8,
    initcond = '{0,0,0,0}',
    finalfunc = stats.variance_of_state,
    combinefunc = stats.weighted_pair_merge,
    parallel = safe
);

comment on aggregate stats.weighted_covariance (
    double precision, double precision, double precision
) is
'Weighted covariance of the population.';
