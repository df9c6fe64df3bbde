-- linalg.gram(a) -> double precision[]
--
-- a'a of a matrix, exactly symmetric, at half the work of linalg.cross_product.
-- Null for null; an error 22023 for what is no matrix of finite entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.gram(a double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(a, 'linalg.gram');
    k integer := array_length(a, 2);
    line double precision[] := array_fill(0::double precision, array[n]);
    made double precision[] := array_fill(0::double precision, array[k, k]);
    s double precision;
begin
    for i in 1..k loop
        for t in 1..n loop
            line[t] := a[t][i];
        end loop;
        for j in 1..i loop
            s := 0;
            for t in 1..n - 3 by 4 loop
                s := s + line[t] * a[t][j] + line[t + 1] * a[t + 1][j]
                    + line[t + 2] * a[t + 2][j] + line[t + 3] * a[t + 3][j];
            end loop;
            for t in n - n % 4 + 1..n loop
                s := s + line[t] * a[t][j];
            end loop;
            made[i][j] := s;
            made[j][i] := s;
        end loop;
    end loop;
    return made;
end
$body$;

comment on function linalg.gram(double precision[]) is
'The transpose of a matrix times the matrix.';
