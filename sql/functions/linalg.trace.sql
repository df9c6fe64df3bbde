-- linalg.trace(m) -> double precision
--
-- The sum of the diagonal of a square matrix. Null for null; an error 22023 for
-- what is no matrix of finite entries, or not square.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.trace(m double precision[])
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.trace');
    s double precision := 0;
begin
    if array_length(m, 2) <> n then
        raise exception using errcode = '22023', message = format(
            'linalg.trace: the matrix is %s x %s, not square', n, array_length(m, 2));
    end if;
    for i in 1..n loop
        s := s + m[i][i];
    end loop;
    return s;
end
$body$;

comment on function linalg.trace(double precision[]) is
'The sum of the diagonal of a square matrix.';
