-- stats.ewma_step(state, x, half_life) -> double precision[]
--
-- Takes one observation into the state (sum of weights, mean, sum of weighted
-- squares about the mean) of stats.ewma: what came before loses 1 - 2^(-1 /
-- half_life) of its weight, also where x is null, and x weighs 1. Nothing decays
-- where half_life is null; an error 22023 where it is not positive. Distances
-- below 1e-100 from the mean count as 0 and weights stay above it, as PostgreSQL
-- raises an error for underflow.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.ewma_step(
    state double precision[], x double precision, half_life double precision
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    decay double precision := case
        when half_life is null then 1
        else power(2, greatest(-1 / nullif(half_life, 0), -300))
    end;
    old double precision := state[1] * decay;
    squares double precision := case
        when state[3] > 1e-200 then state[3] * decay else 0
    end;
    d double precision := x - state[2];
begin
    if half_life <= 0 then
        raise exception using errcode = '22023', message = format(
            'stats.ewma_step: the half-life is not positive: %s', half_life);
    elsif x is null then
        return array[
            case when old > 1e-100 then old else state[1] end, state[2], squares
        ];
    elsif abs(d) <= 1e-100 then
        return array[old + 1, state[2], squares];
    end if;
    return array[
        old + 1, state[2] + d / (old + 1), squares + d * d * (old / (old + 1))
    ];
end
$body$;

comment on function stats.ewma_step(
    double precision[], double precision, double precision
) is
'Transition of the exponentially weighted mean and variance.';
