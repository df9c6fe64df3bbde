-- risk.sandwich_diagonal(a, f) -> double precision[]
--
-- The diagonal of a f a' of two symmetric k x k matrices, at a third of the work of
-- the whole.
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.sandwich_diagonal(
    a double precision[], f double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    k constant integer := array_length(a, 1);
    made double precision[] := array_fill(0::double precision, array[k]);
    own double precision[] := array_fill(0::double precision, array[k]);
    s double precision;
    x double precision;
begin
    for i in 1..k loop
        for l in 1..k loop
            own[l] := a[i][l];
        end loop;
        s := 0;
        for l in 1..k loop
            x := own[l] * f[l][l] / 2;
            for m in 1..(l - 1) / 4 loop
                x := x + own[4 * m - 3] * f[l][4 * m - 3] + own[4 * m - 2] * f[l][4 * m - 2]
                    + own[4 * m - 1] * f[l][4 * m - 1] + own[4 * m] * f[l][4 * m];
            end loop;
            for m in (l - 1) / 4 * 4 + 1..l - 1 loop
                x := x + own[m] * f[l][m];
            end loop;
            s := s + own[l] * x;
        end loop;
        made[i] := 2 * s;
    end loop;
    return made;
end
$body$;

comment on function risk.sandwich_diagonal(double precision[], double precision[]) is
'The diagonal of a f a'' of two symmetric matrices.';
