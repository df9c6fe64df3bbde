-- linalg.multiply(a, b) -> double precision[]
--
-- The product of two matrices. Null where one is null; an error 22023 for what
-- is no matrix of finite entries, or where a has not as many columns as b rows.
-- Four terms a statement: PL/pgSQL pays for statements.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.multiply(a double precision[], b double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(a, 'linalg.multiply');
    l integer := linalg.require_matrix(b, 'linalg.multiply');
    k integer := array_length(b, 2);
    line double precision[] := array_fill(0::double precision, array[l]);
    made double precision[] := array_fill(0::double precision, array[n, k]);
    s double precision;
begin
    if array_length(a, 2) <> l then
        raise exception using errcode = '22023', message = format(
            'linalg.multiply: %s columns do not meet %s rows', array_length(a, 2), l);
    end if;
    for i in 1..n loop
        for t in 1..l loop
            line[t] := a[i][t];
        end loop;
        for j in 1..k loop
            s := 0;
            for t in 1..l - 3 by 4 loop
                s := s + line[t] * b[t][j] + line[t + 1] * b[t + 1][j]
                    + line[t + 2] * b[t + 2][j] + line[t + 3] * b[t + 3][j];
            end loop;
            for t in l - l % 4 + 1..l loop
                s := s + line[t] * b[t][j];
            end loop;
            made[i][j] := s;
        end loop;
    end loop;
    return made;
end
$body$;

comment on function linalg.multiply(double precision[], double precision[]) is
'The product of two matrices.';
