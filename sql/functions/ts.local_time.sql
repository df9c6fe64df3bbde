-- ts.local_time(rollup, moment) -> timestamp
--
-- A moment in the time zone of a rollup, where its buckets are counted. For a
-- source of dates it is the session's: a date given as a bound means itself.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.local_time(rollup ts.rollup, moment timestamptz)
returns timestamp
language sql
stable
return case
    when ts.is_dated(rollup.source, rollup.time_column) then moment::timestamp
    else moment at time zone coalesce(rollup.time_zone, 'UTC')
end;

comment on function ts.local_time(ts.rollup, timestamptz) is
'A moment in the time zone of a rollup.';

grant execute on function ts.local_time(ts.rollup, timestamptz) to factorium_transform;
