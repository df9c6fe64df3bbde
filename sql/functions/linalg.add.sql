-- linalg.add(a, b) -> double precision[]
--
-- The sum of two matrices of one shape. Null where one is null; an error 22023
-- for what is no matrix of finite entries, or for two shapes.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.add(a double precision[], b double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(a, 'linalg.add');
    k integer := array_length(a, 2);
begin
    if linalg.require_matrix(b, 'linalg.add') <> n or array_length(b, 2) <> k then
        raise exception using errcode = '22023', message = format(
            'linalg.add: a matrix of %s x %s is not added to one of %s x %s',
            array_length(b, 1), array_length(b, 2), n, k);
    end if;
    for i in 1..n loop
        for j in 1..k loop
            a[i][j] := a[i][j] + b[i][j];
        end loop;
    end loop;
    return a;
end
$body$;

comment on function linalg.add(double precision[], double precision[]) is
'The sum of two matrices.';
