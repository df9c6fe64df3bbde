-- stats.ewma(x, half_life) -> double precision
--
-- Aggregate, over a window or with an order: the exponentially weighted mean of
-- the observations in their order, the last row weighing 1 and each before it
-- 2^(-1 / half_life) of its successor; all the same where half_life is null. As
-- pandas' ewm(halflife=…, adjust=True, ignore_na=False): a null is skipped, but
-- its time passes for those before it. NaN passes on. Null without an
-- observation; an error 22023 where half_life is not positive.
--
-- Tested in: tests/sql/test_stats.py

create or replace aggregate stats.ewma (
    x double precision, half_life double precision
)(
    sfunc = stats.ewma_step,
    stype = _float8,
    initcond = '{0,0,0}',
    finalfunc = stats.mean_of_state,
    parallel = safe
);

comment on aggregate stats.ewma (double precision, double precision) is
'Exponentially weighted mean of ordered observations.';
