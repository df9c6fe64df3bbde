-- stats.decay_weights(n, half_life) -> double precision[]
--
-- The weights of n observations, the oldest first: each 2^(-1 / half_life) of the
-- next, summing to 1; all 1 / n where half_life is null. Those 200 half-lives and
-- more before the last are 0: products of theirs would underflow, which
-- PostgreSQL raises as an error. Null for a null n; an error 22023 below one
-- observation and where half_life is not positive.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.decay_weights(
    n integer, half_life double precision
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    w double precision[];
    total double precision := 0;
begin
    if n < 1 then
        raise exception using errcode = '22023', message = format(
            'stats.decay_weights: at least 1 observation, not %s', n);
    elsif half_life <= 0 or half_life = 'NaN' then
        raise exception using errcode = '22023', message = format(
            'stats.decay_weights: the half-life is not positive: %s', half_life);
    elsif n is null then
        return null;
    elsif half_life is null then
        return array_fill(1 / n::double precision, array[n]);
    end if;
    w := array_fill(0::double precision, array[n]);
    for i in greatest(1, n - least(200 * half_life, n)::integer)..n loop
        w[i] := power(2, greatest((i - n) / half_life, -300));
        total := total + w[i];
    end loop;
    for i in 1..n loop
        w[i] := case when w[i] > 1e-60 then w[i] / total else 0 end;
    end loop;
    return w;
end
$body$;

comment on function stats.decay_weights(integer, double precision) is
'Exponentially decaying weights, oldest first, summing to 1.';
