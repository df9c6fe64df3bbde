-- linalg.dot(a, b) -> double precision
--
-- The inner product of two vectors. Null where one is null; an error 22023 for
-- entries that are not finite, or vectors of different length.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.dot(a double precision[], b double precision[])
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_vector(a, 'linalg.dot');
    s double precision := 0;
begin
    for i in 1..linalg.require_vector(b, 'linalg.dot', n) loop
        s := s + a[i] * b[i];
    end loop;
    return s;
end
$body$;

comment on function linalg.dot(double precision[], double precision[]) is
'The inner product of two vectors.';
