-- fac.sum_of_known(a, b) -> double precision
--
-- Sum of the parts that are known: null when neither is. For totals whose parts
-- filers report only where they have any (short-term borrowings, say); not for
-- amounts that would be wrong without one of their parts.
--
-- Immutable and written as a SQL body, so the planner inlines it.
-- Tested in: tests/dbt/test_fundamentals_map.py

create or replace function fac.sum_of_known(a double precision, b double precision)
returns double precision
language sql
immutable
parallel safe
return coalesce(a + b, a, b);

comment on function fac.sum_of_known(double precision, double precision) is
'Sum of the parts that are known; null when neither is.';
