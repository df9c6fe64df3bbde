-- linalg.try_cholesky(m) -> double precision[]
--
-- The lower triangular L with LL' = m, or null where m is not positive definite
-- to working precision: where a pivot is not above 1e-13 of its diagonal entry.
-- Entries of L below 1e-150 count as 0, as PostgreSQL raises an error where a
-- product underflows. Null for null; an error 22023 for what is not symmetric.
--
-- Source: Golub & Van Loan (2013), Matrix Computations, 4.2.5, by rows.
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.try_cholesky(m double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.try_cholesky');
    l double precision[] := array_fill(0::double precision, array[n, n]);
    s double precision;
begin
    for i in 1..n loop
        for j in 1..i - 1 loop
            s := m[i][j];
            for k in 1..j - 1 loop
                s := s - l[i][k] * l[j][k];
            end loop;
            if abs(s) > 1e-150 * l[j][j] then
                l[i][j] := s / l[j][j];
            end if;
        end loop;
        s := m[i][i];
        if s < 1e-290 then
            return null;
        end if;
        for k in 1..i - 1 loop
            s := s - l[i][k] * l[i][k];
        end loop;
        if s <= 1e-13 * m[i][i] then
            return null;
        end if;
        l[i][i] := sqrt(s);
    end loop;
    return l;
end
$body$;

comment on function linalg.try_cholesky(double precision[]) is
'Lower Cholesky factor; null where the matrix is not positive definite.';
