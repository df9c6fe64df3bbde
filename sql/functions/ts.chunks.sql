-- ts.chunks(target) -> (chunks, compressed_chunks)
--
-- How many chunks a time series has and how many of them are compressed; null
-- on plain PostgreSQL.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.chunks(
    target regclass, out chunks bigint, out compressed_chunks bigint
)
returns record
language plpgsql
stable
as $body$
begin
    if ts.engine() = 'timescaledb' then
        select count(*), count(*) filter (where c.is_compressed)
        into chunks, compressed_chunks
        from timescaledb_information.chunks as c
        where format('%I.%I', c.hypertable_schema, c.hypertable_name)::regclass
            = ts.storage(target);
    end if;
end
$body$;

comment on function ts.chunks(regclass) is
'How many chunks a time series has and how many are compressed.';

grant execute on function ts.chunks(regclass) to factorium_ingest, factorium_transform;
