-- fac.ratio(numerator, denominator) -> double precision
--
-- Quotient of two amounts, or null when it would have no economic meaning:
-- either side is missing, or the denominator is not strictly positive.
-- A value ratio on negative equity ranks as "cheap" by accident; null keeps
-- such firms out of the cross-section instead.
--
-- Immutable and written as a SQL body, so the planner inlines it.
-- Tested in: tests/sql/test_fac.py

create or replace function fac.ratio(
    numerator double precision,
    denominator double precision
)
returns double precision
language sql
immutable
parallel safe
return case when denominator > 0 then numerator / denominator end;

comment on function fac.ratio(double precision, double precision) is
'Quotient of two amounts; null unless the denominator is strictly positive.';
