-- ts.engine() -> text
--
-- 'timescaledb' where the extension is installed in this database, else
-- 'native'. Decided once, by the migration that creates the extension; only
-- functions of the schema ts may branch on it.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.engine()
returns text
language sql
stable
parallel safe
return case
    when exists (select from pg_extension where extname = 'timescaledb')
        then 'timescaledb'
    else 'native'
end;

comment on function ts.engine() is
'timescaledb where the extension is installed in this database, else native.';

grant execute on function ts.engine() to factorium_ingest, factorium_transform;
