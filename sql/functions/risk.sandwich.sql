-- risk.sandwich(a, f) -> double precision[]
--
-- a f a' of two symmetric k x k matrices, exactly symmetric.
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.sandwich(a double precision[], f double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    k constant integer := array_length(a, 1);
    row_of_a double precision[] := array_fill(0::double precision, array[k]);
    left_of_row double precision[] := array_fill(0::double precision, array[k]);
    made double precision[] := array_fill(0::double precision, array[k, k]);
    s double precision;
    last constant integer := k - k % 4;
begin
    for i in 1..k loop
        for l in 1..k loop
            row_of_a[l] := a[i][l];
        end loop;
        -- Row i of a f: f is symmetric, so its columns are its rows.
        for j in 1..k loop
            s := 0;
            for l in 1..last by 4 loop
                s := s + row_of_a[l] * f[j][l] + row_of_a[l + 1] * f[j][l + 1]
                    + row_of_a[l + 2] * f[j][l + 2] + row_of_a[l + 3] * f[j][l + 3];
            end loop;
            for l in last + 1..k loop
                s := s + row_of_a[l] * f[j][l];
            end loop;
            left_of_row[j] := s;
        end loop;
        for j in 1..i loop
            s := 0;
            for l in 1..last by 4 loop
                s := s + left_of_row[l] * a[j][l] + left_of_row[l + 1] * a[j][l + 1]
                    + left_of_row[l + 2] * a[j][l + 2] + left_of_row[l + 3] * a[j][l + 3];
            end loop;
            for l in last + 1..k loop
                s := s + left_of_row[l] * a[j][l];
            end loop;
            made[i][j] := s;
            made[j][i] := s;
        end loop;
    end loop;
    return made;
end
$body$;

comment on function risk.sandwich(double precision[], double precision[]) is
'a f a'' of two symmetric matrices, exactly symmetric.';
