-- ts.rollup_select(rollup, condition default null) -> text
--
-- The query a rollup is made of, as this engine takes it: its group columns,
-- bucket_start and its aggregates, over the source rows that meet a condition
-- (SQL text on the source's columns; null: all rows).
--
-- first(column) and last(column) are the values of a group's first and last
-- row in time, null included. TimescaleDB has them; here they are the smallest
-- and largest pair of (time, value), for columns of double precision.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.rollup_select(rollup ts.rollup, condition text default null)
returns text
language plpgsql
stable
as $body$
declare
    is_dated boolean := ts.is_dated(rollup.source, rollup.time_column);
    bucketed text;
    aggregates text;
begin
    if ts.engine() = 'timescaledb' then
        bucketed := format(
            'time_bucket(interval %L, %I%s)', rollup.bucket, rollup.time_column,
            ', ' || quote_literal(rollup.time_zone)
        );
        aggregates := regexp_replace(
            rollup.aggregates, '\m(first|last)\((\w+)\)',
            format('\1(\2, %I)', rollup.time_column), 'g'
        );
    else
        bucketed := format(
            case
                when is_dated then 'ts.bucket(interval %1$L, %2$I::timestamp)::date'
                else 'ts.bucket(interval %1$L, %2$I at time zone %3$L) at time zone %3$L'
            end,
            rollup.bucket, rollup.time_column, coalesce(rollup.time_zone, 'UTC')
        );
        aggregates := rollup.aggregates;
        for side in 1..2 loop
            aggregates := regexp_replace(
                aggregates, '\m' || (array['first', 'last'])[side] || '\((\w+)\)',
                format(
                    '(%s(array[%s, \1]))[2]', (array['min', 'max'])[side],
                    format(
                        case
                            when is_dated then '(%I - date ''2000-01-01'')::float8'
                            else 'extract(epoch from %I)::float8'
                        end, rollup.time_column
                    )
                ), 'g'
            );
        end loop;
    end if;
    return format(
        'select %1$s, %2$s as bucket_start, %3$s from %4$s %5$s group by %1$s, %2$s',
        rollup.group_columns, bucketed, aggregates, rollup.source, 'where ' || condition
    );
end
$body$;

comment on function ts.rollup_select(ts.rollup, text) is
'The query a rollup is made of, as this engine takes it.';

grant execute on function ts.rollup_select(ts.rollup, text) to factorium_transform;
