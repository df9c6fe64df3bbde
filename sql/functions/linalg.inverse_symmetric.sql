-- linalg.inverse_symmetric(m) -> double precision[]
--
-- The inverse of a symmetric matrix, exactly symmetric: by Cholesky's factor
-- where m is positive definite, by linalg.solve where it is not. Null for null;
-- an error 22023 for what is not symmetric or has entries that are not finite,
-- and where m is singular to working precision.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.inverse_symmetric(m double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.inverse_symmetric');
    l double precision[] := linalg.try_cholesky(m);
    x double precision[];
    s double precision;
begin
    if l is null then
        x := linalg.solve(m, linalg.identity(n));
        for i in 1..n loop
            for j in 1..i loop
                m[i][j] := (x[i][j] + x[j][i]) / 2;
                m[j][i] := m[i][j];
            end loop;
        end loop;
        return m;
    end if;
    x := linalg.identity(n);
    for j in 1..n loop
        x[j][j] := 1 / l[j][j];
        for i in j + 1..n loop
            s := 0;
            for k in j..i - 1 loop
                s := s - l[i][k] * x[k][j];
            end loop;
            x[i][j] := case when abs(s) > 1e-150 * l[i][i] then s / l[i][i] else 0 end;
        end loop;
    end loop;
    for i in 1..n loop
        for j in 1..i loop
            s := 0;
            for k in i..n loop
                s := s + x[k][i] * x[k][j];
            end loop;
            m[i][j] := s;
            m[j][i] := s;
        end loop;
    end loop;
    return m;
end
$body$;

comment on function linalg.inverse_symmetric(double precision[]) is
'The inverse of a symmetric matrix.';
