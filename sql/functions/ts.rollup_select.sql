-- ts.rollup_select(rollup, condition default null) -> text
--
-- The query a rollup is made of, as this engine takes it: its group columns,
-- bucket_start and its aggregates, over the source rows that meet a condition
-- (SQL text on the source's columns; null: all rows).
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.rollup_select(
    rollup ts.rollup, condition text default null
)
returns text
language sql
stable
return format(
    'select %1$s, %2$s as bucket_start, %3$s from %4$s %5$s group by %1$s, %2$s',
    rollup.group_columns, ts.bucket_expression(rollup),
    ts.aggregate_expressions(rollup), rollup.source, 'where ' || condition
);

comment on function ts.rollup_select(ts.rollup, text) is
'The query a rollup is made of, as this engine takes it.';

grant execute on function ts.rollup_select(ts.rollup, text) to factorium_transform;
