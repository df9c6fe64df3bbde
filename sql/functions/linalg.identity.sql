-- linalg.identity(n) -> double precision[]
--
-- The identity matrix of n rows. Null for null; an error 22023 below one row.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.identity(n integer)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    made double precision[];
begin
    if n < 1 then
        raise exception using errcode = '22023', message = format(
            'linalg.identity: a matrix has at least 1 row, not %s', n);
    end if;
    made := array_fill(0::double precision, array[n, n]);
    for i in 1..n loop
        made[i][i] := 1;
    end loop;
    return made;
end
$body$;

comment on function linalg.identity(integer) is 'The identity matrix of n rows.';
