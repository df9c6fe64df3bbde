-- linalg.transpose(m) -> double precision[]
--
-- A matrix with rows and columns exchanged. Null for null; an error 22023 for
-- what is no matrix of finite entries.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.transpose(m double precision[])
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.transpose');
    k integer := array_length(m, 2);
    made double precision[] := array_fill(0::double precision, array[k, n]);
begin
    for i in 1..k loop
        for j in 1..n loop
            made[i][j] := m[j][i];
        end loop;
    end loop;
    return made;
end
$body$;

comment on function linalg.transpose(double precision[]) is
'A matrix with rows and columns exchanged.';
