-- ts.within(rollup, column_name, since, until) -> text
--
-- The condition, as SQL text, that a time column lies in [since, until), given
-- in the time zone of a rollup. Literal times: a planner sees which chunks and
-- how many rows they mean.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.within(
    rollup ts.rollup,
    column_name name,
    since timestamp,
    until timestamp
)
returns text
language sql
stable
return case
    when ts.is_dated(rollup.source, rollup.time_column)
        then format(
            '%1$I >= %2$L::date and %1$I < %3$L::date',
            column_name, since::date, until::date
        )
    else format(
        '%1$I >= %2$L::timestamptz and %1$I < %3$L::timestamptz', column_name,
        since at time zone coalesce(rollup.time_zone, 'UTC'),
        until at time zone coalesce(rollup.time_zone, 'UTC')
    )
end;

comment on function ts.within(ts.rollup, name, timestamp, timestamp) is
'The condition that a time column lies in a range, as SQL text.';

grant execute on function ts.within(ts.rollup, name, timestamp, timestamp)
to factorium_transform;
