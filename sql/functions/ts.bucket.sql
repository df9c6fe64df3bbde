-- ts.bucket(width, moment) -> timestamp
--
-- Where the bucket that holds a moment begins: multiples of width counted from
-- Monday 2000-01-03, or from 2000-01-01 for months and years, as TimescaleDB's
-- time_bucket counts them. So weeks begin on Monday. Null on null.
--
-- Immutable and written as a SQL body, so the planner inlines it.
-- Tested in: tests/sql/test_ts_bucket.py

create or replace function ts.bucket(width interval, moment timestamp)
returns timestamp
language sql
immutable
parallel safe
return case
    when width >= interval '1 month' and width = date_trunc('month', width)
        then timestamp '2000-01-01' + width * floor(
            (
                date_part('year', moment) * 12 + date_part('month', moment) - 24001
            ) / (date_part('year', width) * 12 + date_part('month', width))
        )
    else date_bin(width, moment, timestamp '2000-01-03')
end;

comment on function ts.bucket(interval, timestamp) is
'Where the bucket that holds a moment begins; weeks begin on Monday.';

grant execute on function ts.bucket(interval, timestamp)
to factorium_ingest, factorium_transform;
