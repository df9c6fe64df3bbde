-- stats.weighted_step(state, x, w) -> double precision[]
--
-- Takes one observation into the state (sum of weights, mean, sum of weighted
-- squares about the mean) of the weighted aggregates. A weight of 0 changes
-- nothing, NaN passes on; an error 22023 for a negative weight. A distance below
-- 1e-150 from the mean has no square: PostgreSQL raises an error for underflow.
--
-- Source: West (1979), Communications of the ACM 22, 532-535.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.weighted_step(
    state double precision[], x double precision, w double precision
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    d double precision := x - state[2];
begin
    if w > 0 and abs(d) > 1e-150 then
        return array[
            state[1] + w,
            state[2] + d * (w / (state[1] + w)),
            state[3] + d * d * (state[1] / (state[1] + w)) * w
        ];
    elsif w > 0 then
        state[1] := state[1] + w;
    elsif w < 0 then
        raise exception using errcode = '22023', message = format(
            'stats.weighted_step: a weight is negative: %s', w);
    end if;
    return state;
end
$body$;

comment on function stats.weighted_step(
    double precision[], double precision, double precision
) is
'Transition of the weighted mean, variance and standard deviation.';
