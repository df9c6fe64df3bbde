-- fac.finite(value) -> double precision
--
-- The value, or null when it is NaN or infinite. One NaN in a running sum
-- would stay there for ever.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.finite(value double precision)
returns double precision
language sql
immutable
parallel safe
return case
    when value > '-infinity'::double precision and value < 'infinity'::double precision
        then value
end;

comment on function fac.finite(double precision) is
'The value, or null when it is NaN or infinite.';
