-- stats.variance_of_state(state) -> double precision
--
-- The variance in the state of a weighted aggregate: its last entry, the squares
-- or products about the mean, by the sum of weights. Null without weight.
-- In PL/pgSQL, as a function in SQL that is not inlined costs ten times as much.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.variance_of_state(state double precision[])
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
begin
    return case when state[1] > 0 then state[cardinality(state)] / state[1] end;
end
$body$;

comment on function stats.variance_of_state(double precision[]) is
'Result of the weighted variance, covariance and exponentially weighted variance.';
