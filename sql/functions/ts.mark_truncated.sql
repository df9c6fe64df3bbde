-- ts.mark_truncated() -> trigger
--
-- Marks every bucket of the rollups on a table that was emptied; on plain
-- PostgreSQL only. Runs as its owner, like ts.mark_dirty().
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.mark_truncated()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $body$
begin
    perform ts.mark_all_dirty(r.name) from ts.rollup as r where r.source = tg_relid;
    return null;
end
$body$;

comment on function ts.mark_truncated() is
'Trigger: marks every bucket of the rollups on a table that was emptied.';
