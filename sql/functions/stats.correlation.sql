-- stats.correlation(covariance) -> double precision[]
--
-- The correlation matrix of a covariance matrix, exactly 1 on the diagonal and
-- within [-1, 1] beside it. Null for null; an error 22023 for what is not
-- symmetric and for a variance that is not positive.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.correlation(covariance double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_symmetric(covariance, 'stats.correlation');
    root double precision[] := array_fill(0::double precision, array[n]);
begin
    for i in 1..n loop
        if covariance[i][i] <= 0 then
            raise exception using errcode = '22023', message = format(
                'stats.correlation: variance %s is %s, not positive',
                i, covariance[i][i]);
        end if;
        root[i] := sqrt(covariance[i][i]);
        covariance[i][i] := 1;
    end loop;
    for i in 2..n loop
        for j in 1..i - 1 loop
            covariance[i][j] := greatest(
                -1, least(1, covariance[i][j] / root[i] / root[j]));
            covariance[j][i] := covariance[i][j];
        end loop;
    end loop;
    return covariance;
end
$body$;

comment on function stats.correlation(double precision[]) is
'The correlation matrix of a covariance matrix.';
