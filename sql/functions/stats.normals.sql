-- stats.normals(n, seed) -> double precision[]
--
-- n standard normal numbers: the same for the same seed, and the first of more.
-- Pairs of stats.uniforms, turned by Box and Muller; none is beyond 6.6. Null
-- where one is null; an error 22023 below one number.
--
-- Source: Box & Muller (1958), Annals of Mathematical Statistics 29, 610-611.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.normals(n integer, seed bigint)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    u double precision[];
    drawn double precision[];
    radius double precision;
begin
    if n < 1 then
        raise exception using errcode = '22023', message = format(
            'stats.normals: at least 1 number, not %s', n);
    end if;
    u := stats.uniforms(n + n % 2, seed);
    drawn := array_fill(0::double precision, array[n]);
    for i in 1..n by 2 loop
        radius := sqrt(-2 * ln(u[i]));
        drawn[i] := radius * cos(2 * pi() * u[i + 1]);
        if i < n then
            drawn[i + 1] := radius * sin(2 * pi() * u[i + 1]);
        end if;
    end loop;
    return drawn;
end
$body$;

comment on function stats.normals(integer, bigint) is
'Standard normal random numbers, the same for the same seed.';
