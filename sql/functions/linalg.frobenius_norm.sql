-- linalg.frobenius_norm(m) -> double precision
--
-- The root of the sum of the squared entries of a matrix, of any scale: the
-- squares are taken in units of the largest entry, and entries below 1e-150 of it
-- are left out, whose squares PostgreSQL would raise an error for, as underflow.
-- Null for null; an error 22023 for what is no matrix of finite entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.frobenius_norm(m double precision[])
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.frobenius_norm');
    k integer := array_length(m, 2);
    largest double precision := 0;
    s double precision := 0;
begin
    for i in 1..n loop
        for j in 1..k loop
            largest := greatest(largest, abs(m[i][j]));
        end loop;
    end loop;
    for i in 1..n loop
        for j in 1..k loop
            if abs(m[i][j]) > 1e-150 * greatest(largest, 1e-150) then
                s := s + (m[i][j] / largest) ^ 2;
            end if;
        end loop;
    end loop;
    return sqrt(s) * largest;
end
$body$;

comment on function linalg.frobenius_norm(double precision[]) is
'The root of the sum of the squared entries of a matrix.';
