-- stats.uniforms(n, seed) -> double precision[]
--
-- n numbers, uniform between 0 and 1, both excluded: the same for the same seed,
-- and the first of more. L'Ecuyer's two combined congruential generators, of
-- period 2.3e18, in steps of 2^-31; their first states are a hash of the seed.
-- Null where one is null; an error 22023 below one number.
--
-- Source: L'Ecuyer (1988), Communications of the ACM 31, 742-749, figure 3.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.uniforms(n integer, seed bigint)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    a bigint := 1 + mod(stats.hashed_seed(seed, 1), 2147483562);
    b bigint := 1 + mod(stats.hashed_seed(seed, 2), 2147483398);
    drawn double precision[];
begin
    if n < 1 then
        raise exception using errcode = '22023', message = format(
            'stats.uniforms: at least 1 number, not %s', n);
    end if;
    drawn := array_fill(0::double precision, array[n]);
    for i in 1..n loop
        a := 40014 * a % 2147483563;
        b := 40692 * b % 2147483399;
        drawn[i] := case when a > b then a - b else a - b + 2147483562 end
            / 2147483563::double precision;
    end loop;
    return drawn;
end
$body$;

comment on function stats.uniforms(integer, bigint) is
'Uniform random numbers, the same for the same seed.';
