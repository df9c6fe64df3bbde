-- linalg.cholesky(m) -> double precision[]
--
-- The lower triangular L with LL' = m. Null for null; an error 22023 for what is
-- not symmetric, and one that names the pivot where m is not positive definite
-- to working precision (linalg.try_cholesky).
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.cholesky(m double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(m, 'linalg.cholesky');
    l double precision[] := linalg.try_cholesky(m);
    failed integer := 1;
begin
    if l is not null then
        return l;
    end if;
    while linalg.try_cholesky(m[1:failed][1:failed]) is not null and failed < n loop
        failed := failed + 1;
    end loop;
    raise exception using errcode = '22023', message = format(
        'linalg.cholesky: the matrix is not positive definite, at pivot %s of %s',
        failed, n);
end
$body$;

comment on function linalg.cholesky(double precision[]) is
'Lower Cholesky factor of a positive definite matrix.';
