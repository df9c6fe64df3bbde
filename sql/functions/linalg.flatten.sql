-- linalg.flatten(m) -> double precision[]
--
-- The entries of a matrix as a vector, row by row. Null for null.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.flatten(m double precision[])
returns double precision[]
language sql
immutable
parallel safe
strict
return array(
    select entry from unnest(m) with ordinality as e (entry, place) order by place
);

comment on function linalg.flatten(double precision[]) is
'The entries of a matrix as a vector, row by row.';
