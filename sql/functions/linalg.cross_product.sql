-- linalg.cross_product(a, b) -> double precision[]
--
-- a'b of two matrices with as many rows, for tall ones without their transpose.
-- Null where one is null; an error 22023 for what is no matrix of finite entries,
-- or where the rows differ in number.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.cross_product(
    a double precision[], b double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(a, 'linalg.cross_product');
    k integer := array_length(a, 2);
    l integer := array_length(b, 2);
    line double precision[] := array_fill(0::double precision, array[n]);
    made double precision[];
    s double precision;
begin
    if linalg.require_matrix(b, 'linalg.cross_product') <> n then
        raise exception using errcode = '22023', message = format(
            'linalg.cross_product: %s rows do not meet %s rows', n, array_length(b, 1));
    end if;
    made := array_fill(0::double precision, array[k, l]);
    for i in 1..k loop
        for t in 1..n loop
            line[t] := a[t][i];
        end loop;
        for j in 1..l loop
            s := 0;
            for t in 1..n - 3 by 4 loop
                s := s + line[t] * b[t][j] + line[t + 1] * b[t + 1][j]
                    + line[t + 2] * b[t + 2][j] + line[t + 3] * b[t + 3][j];
            end loop;
            for t in n - n % 4 + 1..n loop
                s := s + line[t] * b[t][j];
            end loop;
            made[i][j] := s;
        end loop;
    end loop;
    return made;
end
$body$;

comment on function linalg.cross_product(double precision[], double precision[]) is
'The transpose of a matrix times another one.';
