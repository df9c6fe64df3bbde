-- ts.is_dated(target, time_column) -> boolean
--
-- Whether the time of a table is a date; else it is a timestamptz. An error
-- for any other type: a rollup would not know where its days begin.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.is_dated(target regclass, time_column name)
returns boolean
language plpgsql
stable
as $body$
declare
    type_name text := (
        select format_type(a.atttypid, null)
        from pg_attribute as a
        where a.attrelid = target and a.attname = time_column and a.attnum > 0
    );
begin
    if type_name not in ('date', 'timestamp with time zone') or type_name is null then
        raise exception '%.% is %, not a date or a timestamptz',
            target, time_column, coalesce(type_name, 'no column');
    end if;
    return type_name = 'date';
end
$body$;

comment on function ts.is_dated(regclass, name) is
'Whether the time of a table is a date; else it is a timestamptz.';

grant execute on function ts.is_dated(regclass, name) to factorium_transform;
