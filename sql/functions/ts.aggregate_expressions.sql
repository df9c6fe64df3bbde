-- ts.aggregate_expressions(rollup) -> text
--
-- The aggregates of a rollup as this engine takes them. first(column) and
-- last(column) are the values of a group's first and last row in time, null
-- included. TimescaleDB has them; here they are the smallest and the largest
-- pair of (time, value), for columns of double precision.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.aggregate_expressions(rollup ts.rollup)
returns text
language plpgsql
stable
as $body$
declare
    moment text := case
        when ts.is_dated(rollup.source, rollup.time_column)
        then format('(%I - date ''2000-01-01'')::float8', rollup.time_column)
        else format('extract(epoch from %I)::float8', rollup.time_column)
    end;
    pair text := format('(array[%s, \1]))[2]', moment);
begin
    if ts.engine() = 'timescaledb' then
        return regexp_replace(
            rollup.aggregates, '\m(first|last)\((\w+)\)',
            format('\1(\2, %I)', rollup.time_column), 'g'
        );
    end if;
    return regexp_replace(
        regexp_replace(rollup.aggregates, '\mfirst\((\w+)\)', '(min' || pair, 'g'),
        '\mlast\((\w+)\)', '(max' || pair, 'g'
    );
end
$body$;

comment on function ts.aggregate_expressions(ts.rollup) is
'The aggregates of a rollup as this engine takes them.';

grant execute on function ts.aggregate_expressions(ts.rollup) to factorium_transform;
