-- linalg.quadratic_form(m, v) -> double precision
--
-- v'Mv: with a covariance matrix and weights, a variance. Null where one is null;
-- an error 22023 for entries that are not finite, a matrix that is not square,
-- or a vector of another length.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.quadratic_form(
    m double precision[], v double precision[]
)
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.quadratic_form');
    k integer := linalg.require_vector(v, 'linalg.quadratic_form', array_length(m, 2));
    total double precision := 0;
    s double precision;
begin
    if n <> k then
        raise exception using errcode = '22023', message = format(
            'linalg.quadratic_form: the matrix is %s x %s, not square', n, k);
    end if;
    for i in 1..n loop
        s := 0;
        for j in 1..n loop
            s := s + m[i][j] * v[j];
        end loop;
        total := total + v[i] * s;
    end loop;
    return total;
end
$body$;

comment on function linalg.quadratic_form(double precision[], double precision[]) is
'A vector times a square matrix times the vector.';
