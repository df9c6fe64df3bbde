-- linalg.diagonal_matrix(v) -> double precision[]
--
-- The square matrix with a vector on its diagonal and 0 elsewhere. Null for
-- null; an error 22023 for what is no vector of finite entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.diagonal_matrix(v double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_vector(v, 'linalg.diagonal_matrix');
    made double precision[] := array_fill(0::double precision, array[n, n]);
begin
    for i in 1..n loop
        made[i][i] := v[i];
    end loop;
    return made;
end
$body$;

comment on function linalg.diagonal_matrix(double precision[]) is
'The square matrix with a vector on its diagonal.';
