-- ts.bucket_expression(rollup) -> text
--
-- Where the bucket of a source row begins, as SQL text, as this engine takes
-- it: TimescaleDB knows a bucket only by its own time_bucket().
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.bucket_expression(rollup ts.rollup)
returns text
language sql
stable
return case
    when ts.engine() = 'timescaledb'
        then format(
            'time_bucket(interval %L, %I%s)', rollup.bucket, rollup.time_column,
            ', ' || quote_literal(rollup.time_zone)
        )
    when ts.is_dated(rollup.source, rollup.time_column)
        then format(
            'ts.bucket(interval %L, %I::timestamp)::date',
            rollup.bucket,
            rollup.time_column
        )
    else format(
        'ts.bucket(interval %1$L, %2$I at time zone %3$L) at time zone %3$L',
        rollup.bucket, rollup.time_column, coalesce(rollup.time_zone, 'UTC')
    )
end;

comment on function ts.bucket_expression(ts.rollup) is
'Where the bucket of a source row begins, as SQL text.';

grant execute on function ts.bucket_expression(ts.rollup) to factorium_transform;
