-- stats.weighted_pair_step(state, x, y, w) -> double precision[]
--
-- Takes one observation into the state (sum of weights, mean of x, mean of y, sum
-- of weighted products about the means) of stats.weighted_covariance. A weight
-- of 0 changes nothing, NaN passes on; an error 22023 for a negative weight.
-- Distances below 1e-150 from the mean count as 0 in the product: PostgreSQL
-- raises an error for underflow.
--
-- Source: West (1979), Communications of the ACM 22, 532-535.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.weighted_pair_step(
    state double precision[],
    x double precision,
    y double precision,
    w double precision
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    dx double precision := x - state[2];
    dy double precision := y - state[3];
    share double precision;
begin
    if w < 0 then
        raise exception using errcode = '22023', message = format(
            'stats.weighted_pair_step: a weight is negative: %s', w);
    elsif w = 0 then
        return state;
    end if;
    share := w / (state[1] + w);
    if abs(dx) > 1e-150 and abs(dy) > 1e-150 then
        return array[
            state[1] + w, state[2] + dx * share, state[3] + dy * share,
            state[4] + dx * dy * (state[1] * share)
        ];
    end if;
    return array[
        state[1] + w,
        case when abs(dx) > 1e-150 then state[2] + dx * share else state[2] end,
        case when abs(dy) > 1e-150 then state[3] + dy * share else state[3] end,
        state[4] + (dx - dx) + (dy - dy)
    ];
end
$body$;

comment on function stats.weighted_pair_step(
    double precision[], double precision, double precision, double precision
) is
'Transition of the weighted covariance.';
