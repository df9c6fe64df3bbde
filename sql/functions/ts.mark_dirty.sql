-- ts.mark_dirty() -> trigger
--
-- Notes, once per statement, which buckets of the rollups on a table it
-- touched; on plain PostgreSQL only. Argument: the table's time column.
-- The transition tables are read once, for their distinct times, so that a
-- COPY of millions of bars costs one hash aggregate.
--
-- Runs as its owner: who may write bars may not write here otherwise.
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.mark_dirty()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    time_column name := tg_argv[0];
    moment text := case
        when ts.is_dated(tg_relid, time_column) then 'touched.moment::timestamp'
        else 'touched.moment at time zone coalesce(r.time_zone, ''UTC'')'
    end;
    changed text := case tg_op
        when 'INSERT' then 'select %1$I as moment from new_rows'
        when 'DELETE' then 'select %1$I as moment from old_rows'
        else 'select %1$I as moment from old_rows union select %1$I from new_rows'
    end;
begin
    execute format(
        'with touched as materialized (select distinct moment from (%s) as rows) '
        'insert into ts.dirty_bucket (rollup, bucket_start) '
        'select distinct r.name, ts.bucket(r.bucket, %s) '
        'from touched cross join ts.rollup as r where r.source = %L::regclass',
        format(changed, time_column), moment, tg_relid::regclass
    );
    return null;
end
$body$;

comment on function ts.mark_dirty() is
'Trigger: notes which buckets of the rollups on a table a statement touched.';
