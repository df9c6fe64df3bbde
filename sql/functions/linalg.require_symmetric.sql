-- linalg.require_symmetric(m, caller) -> integer
--
-- The number of rows of a symmetric matrix. An error 22023 that names the caller
-- where it is no matrix of finite entries, not square, or where two entries
-- across the diagonal differ by more than 1e-10 of the largest: what rounding
-- leaves passes, and those who ask then read the lower triangle.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.require_symmetric(m double precision[], caller text)
returns integer
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, caller);
    gap double precision := 0;
    largest double precision := 0;
begin
    if array_length(m, 2) <> n then
        raise exception using errcode = '22023', message = format(
            '%s: the matrix is %s x %s, not square', caller, n, array_length(m, 2));
    end if;
    for i in 2..n loop
        for j in 1..i - 1 loop
            gap := greatest(gap, abs(m[i][j] - m[j][i]));
        end loop;
    end loop;
    if gap > 0 then
        for i in 1..n loop
            for j in 1..n loop
                largest := greatest(largest, abs(m[i][j]));
            end loop;
        end loop;
        if gap > 1e-10 * largest then
            raise exception using errcode = '22023', message = format(
                '%s: the matrix is not symmetric, entries differ by %s', caller, gap);
        end if;
    end if;
    return n;
end
$body$;

comment on function linalg.require_symmetric(double precision[], text) is
'Rows of a symmetric matrix; an error that names the caller otherwise.';
