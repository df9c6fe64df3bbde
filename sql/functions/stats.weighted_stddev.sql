-- stats.weighted_stddev(x, w) -> double precision
--
-- Aggregate: the weighted standard deviation of the population, the root of
-- stats.weighted_variance.
-- Rows in which x or w is null are skipped, NaN passes on; null without a
-- positive weight; an error 22023 for a negative one.
--
-- Tested in: tests/sql/test_stats.py

create or replace aggregate stats.weighted_stddev (
    x double precision, w double precision
)(
    sfunc = stats.weighted_step,
    stype = _float8,
    initcond = '{0,0,0}',
    finalfunc = stats.stddev_of_state,
    combinefunc = stats.weighted_merge,
    parallel = safe
);

comment on aggregate stats.weighted_stddev (double precision, double precision) is
'Weighted standard deviation of the population.';
