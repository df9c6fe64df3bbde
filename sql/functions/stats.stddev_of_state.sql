-- stats.stddev_of_state(state) -> double precision
--
-- The root of the variance in the state of a weighted aggregate; null without
-- weight.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.stddev_of_state(state double precision[])
returns double precision
language sql
immutable
parallel safe
return sqrt(stats.variance_of_state(state));

comment on function stats.stddev_of_state(double precision[]) is
'Result of the weighted standard deviation.';
