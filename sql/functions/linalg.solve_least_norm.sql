-- linalg.solve_least_norm(m, b) -> double precision[]
--
-- The shortest vector x that comes nearest to mx = b, of a symmetric m of any
-- rank: the pseudo-inverse of m times b. Directions of m whose eigenvalue is not
-- above n * 2.2e-16 of the largest count as null, as numpy.linalg.lstsq has it
-- with rcond=None. By Cholesky's factor where m is positive definite and its
-- condition number below 1e10, so that no direction is near that limit.
-- Null where one is null; an error 22023 for what is not symmetric or has entries
-- that are not finite, and for a vector of another length.
--
-- Source: Golub & Van Loan (2013), Matrix Computations, 5.5.
-- Tested in: tests/sql/test_risk_regression.py

create or replace function linalg.solve_least_norm(
    m double precision[], b double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.solve_least_norm');
    k integer := linalg.require_vector(b, 'linalg.solve_least_norm', n);
    x double precision[] := array_fill(0::double precision, array[n]);
    values double precision[];
    vectors double precision[];
    largest double precision := 0;
    scale double precision := 0;
    s double precision;
begin
    -- The traces bound the condition number: no smaller than the largest eigenvalue
    -- of each.
    if linalg.try_cholesky(m) is not null
        and linalg.trace(linalg.inverse_symmetric(m)) < 1e10 / linalg.trace(m)
    then
        return linalg.solve_symmetric(m, b);
    end if;
    select e.eigenvalues, e.eigenvectors into values, vectors
    from linalg.eigen_symmetric(m) as e;
    largest := greatest(abs(values[1]), abs(values[n]));
    for i in 1..n loop
        scale := greatest(scale, abs(b[i]));
    end loop;
    if largest = 0 or scale = 0 then
        return x;
    end if;
    -- In units of the largest entries, away from what PostgreSQL raises as underflow.
    for j in 1..n loop
        continue when abs(values[j] / largest) <= n * 2.220446049250313e-16;
        s := 0;
        for i in 1..n loop
            if abs(b[i]) > 1e-150 * greatest(scale, 1e-150) then
                s := s + vectors[i][j] * (b[i] / scale);
            end if;
        end loop;
        continue when abs(s) <= 1e-150;
        s := s / (values[j] / largest);
        for i in 1..n loop
            x[i] := x[i] + s * vectors[i][j];
        end loop;
    end loop;
    for i in 1..n loop
        x[i] := x[i] * (scale / largest);
    end loop;
    return x;
end
$body$;

comment on function linalg.solve_least_norm(double precision[], double precision[]) is
'Least-squares solution of least norm of a symmetric system of any rank.';
