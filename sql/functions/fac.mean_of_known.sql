-- fac.mean_of_known(a, b) -> double precision
-- fac.mean_of_known(a, b, c) -> double precision
--
-- Mean of those of two or three numbers that are known; null where none is.
-- For composites of descriptors on one scale (z-scores), of which a name may
-- lack some.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.mean_of_known(
    a double precision, b double precision
)
returns double precision
language sql
immutable
parallel safe
return coalesce((a + b) / 2, a, b);

comment on function fac.mean_of_known(double precision, double precision) is
'Mean of those of two numbers that are known; null where none is.';

create or replace function fac.mean_of_known(
    a double precision, b double precision, c double precision
)
returns double precision
language sql
immutable
parallel safe
return coalesce(
    (a + b + c) / 3, (a + b) / 2, (a + c) / 2, (b + c) / 2, a, b, c
);

comment on function fac.mean_of_known(
    double precision, double precision, double precision
) is 'Mean of those of three numbers that are known; null where none is.';
