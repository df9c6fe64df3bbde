-- stats.hashed_seed(seed, draw) -> numeric
--
-- Draw number `draw`, from 1, of the generator SplitMix64 from a seed: 64 bits as
-- a number from 0 to 2^64 - 1. Seeds side by side give unlike numbers. numeric
-- does the products modulo 2^64 that bigint has no room for.
--
-- Source: Steele, Lea & Flood (2014), OOPSLA '14, 453-472.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.hashed_seed(seed bigint, draw integer)
returns numeric
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    two_64 constant numeric := 18446744073709551616;
    shifts constant integer[] := '{30,27,31}';
    factors constant numeric[] := '{13787848793156543929,10723151780598845931,1}';
    z numeric := mod(seed + 11400714819323198485 * draw + two_64, two_64);
    bits bigint;
begin
    for i in 1..3 loop
        bits := case when z < two_64 / 2 then z else z - two_64 end;
        bits := bits # ((bits >> shifts[i]) & ((1::bigint << (64 - shifts[i])) - 1));
        z := case when bits < 0 then bits + two_64 else bits end;
        z := mod(z * factors[i], two_64);
    end loop;
    return z;
end
$body$;

comment on function stats.hashed_seed(bigint, integer) is
'A draw of SplitMix64, to seed another generator.';
