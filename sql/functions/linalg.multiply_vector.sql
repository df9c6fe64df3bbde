-- linalg.multiply_vector(m, v) -> double precision[]
--
-- The product of a matrix and a vector, a vector. Null where one is null; an
-- error 22023 for entries that are not finite, or where m has not as many
-- columns as v entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.multiply_vector(
    m double precision[], v double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.multiply_vector');
    k integer := linalg.require_vector(v, 'linalg.multiply_vector', array_length(m, 2));
    made double precision[] := array_fill(0::double precision, array[n]);
    s double precision;
begin
    for i in 1..n loop
        s := 0;
        for j in 1..k loop
            s := s + m[i][j] * v[j];
        end loop;
        made[i] := s;
    end loop;
    return made;
end
$body$;

comment on function linalg.multiply_vector(double precision[], double precision[]) is
'The product of a matrix and a vector.';
