-- fac.growth(value, base) -> double precision
--
-- Growth rate from a base, as a fraction; null when either is missing or the
-- base is not strictly positive (growth from a loss has no meaning).
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.growth(
    value double precision,
    base double precision
)
returns double precision
language sql
immutable
parallel safe
return case when base > 0 then value / base - 1 end;

comment on function fac.growth(double precision, double precision) is
'Growth from a base, fraction; null unless the base is strictly positive.';
