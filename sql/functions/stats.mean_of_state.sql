-- stats.mean_of_state(state) -> double precision
--
-- The mean in the state of a weighted aggregate; null without weight.
-- In PL/pgSQL, as a function in SQL that is not inlined costs ten times as much.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.mean_of_state(state double precision[])
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
begin
    return case when state[1] > 0 then state[2] end;
end
$body$;

comment on function stats.mean_of_state(double precision[]) is
'Result of the weighted and exponentially weighted means.';
