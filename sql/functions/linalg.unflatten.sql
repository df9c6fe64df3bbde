-- linalg.unflatten(v, n_columns) -> double precision[]
--
-- A vector as a matrix of n_columns columns, filled row by row. Null for null; an
-- error 22023 where its length is no multiple of n_columns.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.unflatten(v double precision[], n_columns integer)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n constant integer := cardinality(v);
    made double precision[];
begin
    if n_columns < 1 or n = 0 or n % n_columns <> 0 then
        raise exception using errcode = '22023', message = format(
            'linalg.unflatten: %s entries do not fill rows of %s', n, n_columns);
    end if;
    made := array_fill(null::double precision, array[n / n_columns, n_columns]);
    for i in 1..n loop
        made[(i - 1) / n_columns + 1][(i - 1) % n_columns + 1] := v[i];
    end loop;
    return made;
end
$body$;

comment on function linalg.unflatten(double precision[], integer) is
'A vector as a matrix of so many columns, filled row by row.';
