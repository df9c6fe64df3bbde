-- linalg.solve_symmetric(m, b) -> double precision[]
--
-- The vector x with mx = b of a symmetric m: by Cholesky's factor where m is
-- positive definite, by linalg.solve where it is not. Entries of x below 1e-150
-- count as 0, as PostgreSQL raises an error where a product underflows. Null
-- where one is null; an error 22023 for what is not symmetric or has entries
-- that are not finite, for a vector of another length, and where m is singular
-- to working precision.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.solve_symmetric(
    m double precision[], b double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.solve_symmetric');
    k integer := linalg.require_vector(b, 'linalg.solve_symmetric', n);
    x double precision[] := array_fill(0::double precision, array[n]);
    l double precision[] := linalg.try_cholesky(m);
    s double precision;
begin
    if l is null then
        l := array_fill(0::double precision, array[n, 1]);
        for i in 1..n loop
            l[i][1] := b[i];
        end loop;
        l := linalg.solve(m, l);
        for i in 1..n loop
            x[i] := l[i][1];
        end loop;
        return x;
    end if;
    for i in 1..n loop
        s := b[i];
        for j in 1..i - 1 loop
            s := s - l[i][j] * x[j];
        end loop;
        x[i] := case when abs(s) > 1e-150 * l[i][i] then s / l[i][i] else 0 end;
    end loop;
    for i in reverse n..1 loop
        s := x[i];
        for j in i + 1..n loop
            s := s - l[j][i] * x[j];
        end loop;
        x[i] := case when abs(s) > 1e-150 * l[i][i] then s / l[i][i] else 0 end;
    end loop;
    return x;
end
$body$;

comment on function linalg.solve_symmetric(double precision[], double precision[]) is
'Solution of a symmetric system of equations.';
