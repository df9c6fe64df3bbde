-- ops.finish_interval(model, columns, versions, since, until) -> void
--
-- Enters in the ledger that these columns of a model are built at these
-- versions for every session of the range.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.finish_interval(
    p_model text, p_columns text[], p_versions text[], p_since date, p_until date
)
returns void
language sql
volatile
as $body$
    insert into ops.interval (model, column_name, column_version, trade_date, build_id)
    select
        p_model, w.column_name, w.column_version, s.session_date,
        (select max(build_id) from ops.build where status = 'running')
    from ref.session as s
    cross join unnest(p_columns, p_versions) as w (column_name, column_version)
    where s.session_date between p_since and p_until
    on conflict (model, column_name, trade_date) do update set
        column_version = excluded.column_version,
        build_id = excluded.build_id,
        built_at = clock_timestamp(),
        is_dirty = false,
        dirty_load_id = null;
$body$;

comment on function ops.finish_interval(text, text[], text[], date, date) is
'Enters in the ledger that columns of a model are built for a range of sessions.';
