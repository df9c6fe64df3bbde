-- ts.create_rollup_table(rollup) -> void
--
-- A rollup as an ordinary table, empty, with every bucket of its source marked
-- and triggers on the source that mark what changes from now on.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.create_rollup_table(rollup ts.rollup)
returns void
language plpgsql
volatile
as $body$
begin
    perform ts.create_for_transform(format(
        'create table ts.%I as %s with no data', rollup.name, ts.rollup_select(rollup)
    ));
    execute format(
        'alter table ts.%I add primary key (%s, bucket_start)',
        rollup.name, rollup.group_columns
    );
    execute format('create index on ts.%I (bucket_start)', rollup.name);
    perform ts.track_changes(rollup.source, rollup.time_column);
    perform ts.mark_all_dirty(rollup.name);
end
$body$;

comment on function ts.create_rollup_table(ts.rollup) is
'Makes a rollup as an empty ordinary table with all its buckets to be filled.';
