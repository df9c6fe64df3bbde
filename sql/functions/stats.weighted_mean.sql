-- stats.weighted_mean(x, w) -> double precision
--
-- Aggregate: the weighted mean, sum(w x) / sum(w), stable at any level of x.
-- Rows in which x or w is null are skipped, NaN passes on; null without a
-- positive weight; an error 22023 for a negative one.
--
-- Tested in: tests/sql/test_stats.py

create or replace aggregate stats.weighted_mean (
    x double precision, w double precision
)(
    sfunc = stats.weighted_step,
    stype = _float8,
    initcond = '{0,0,0}',
    finalfunc = stats.mean_of_state,
    combinefunc = stats.weighted_merge,
    parallel = safe
);

comment on aggregate stats.weighted_mean (double precision, double precision) is
'Weighted mean.';
