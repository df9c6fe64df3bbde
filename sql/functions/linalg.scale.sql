-- linalg.scale(m, s) -> double precision[]
--
-- A matrix times a number. Null where one is null; an error 22023 for what is no
-- matrix of finite entries or no finite number.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.scale(m double precision[], s double precision)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_matrix(m, 'linalg.scale');
    k integer := array_length(m, 2);
begin
    if s = 'NaN' or abs(s) = 'infinity' then
        raise exception using errcode = '22023', message = format(
            'linalg.scale: the number is not finite: %s', s);
    end if;
    for i in 1..n loop
        for j in 1..k loop
            m[i][j] := m[i][j] * s;
        end loop;
    end loop;
    return m;
end
$body$;

comment on function linalg.scale(double precision[], double precision) is
'A matrix times a number.';
