-- ts.mark_all_dirty(rollup_name) -> void
--
-- Marks every bucket that a rollup has, or that its source has rows for: the
-- next ts.refresh() makes it anew. On plain PostgreSQL only.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.mark_all_dirty(rollup_name text)
returns void
language plpgsql
volatile
as $body$
declare
    rollup ts.rollup := (select r from ts.rollup as r where r.name = rollup_name);
    is_dated boolean := ts.is_dated(rollup.source, rollup.time_column);
begin
    execute format(
        'insert into ts.dirty_bucket (rollup, bucket_start) '
        'select distinct %1$L, ts.bucket(interval %2$L, %3$s) '
        'from (select distinct %4$I as moment from %5$s '
        'union select distinct bucket_start from ts.%1$I) as rows',
        rollup.name, rollup.bucket,
        case
            when is_dated then 'moment::timestamp'
            else format('moment at time zone %L', coalesce(rollup.time_zone, 'UTC'))
        end,
        rollup.time_column, rollup.source
    );
end
$body$;

comment on function ts.mark_all_dirty(text) is
'Marks every bucket of a rollup, so that the next refresh makes it anew.';
