-- linalg.diagonal(m) -> double precision[]
--
-- The diagonal of a matrix as a vector; of one that is not square, as far as it
-- reaches. Null for null; an error 22023 for what is no matrix of finite entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.diagonal(m double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := least(linalg.require_matrix(m, 'linalg.diagonal'), array_length(m, 2));
    made double precision[] := array_fill(0::double precision, array[n]);
begin
    for i in 1..n loop
        made[i] := m[i][i];
    end loop;
    return made;
end
$body$;

comment on function linalg.diagonal(double precision[]) is
'The diagonal of a matrix, as a vector.';
