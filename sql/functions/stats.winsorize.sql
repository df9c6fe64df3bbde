-- stats.winsorize(value, low, high) -> double precision
--
-- A value, no lower than low and no higher than high. Null for a null value, NaN
-- for NaN; a null bound does not bound.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.winsorize(
    value double precision, low double precision, high double precision
)
returns double precision
language sql
immutable
parallel safe
return case
    when value < low then low
    when value > high and value < 'NaN' then high
    else value
end;

comment on function stats.winsorize(
    double precision, double precision, double precision
) is
'A value, no lower than low and no higher than high.';
