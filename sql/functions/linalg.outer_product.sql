-- linalg.outer_product(a, b) -> double precision[]
--
-- The matrix of the products of the entries of two vectors: a by row, b by
-- column. Null where one is null; an error 22023 for what is no vector of finite
-- entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.outer_product(
    a double precision[], b double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_vector(a, 'linalg.outer_product');
    k integer := linalg.require_vector(b, 'linalg.outer_product');
    made double precision[] := array_fill(0::double precision, array[n, k]);
begin
    for i in 1..n loop
        for j in 1..k loop
            made[i][j] := a[i] * b[j];
        end loop;
    end loop;
    return made;
end
$body$;

comment on function linalg.outer_product(double precision[], double precision[]) is
'The matrix of the products of the entries of two vectors.';
