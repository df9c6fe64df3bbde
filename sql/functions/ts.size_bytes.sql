-- ts.size_bytes(target) -> bigint
--
-- Bytes on disk of a time series, with its chunks, indexes and TOAST.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.size_bytes(target regclass)
returns bigint
language plpgsql
stable
as $body$
begin
    if ts.engine() = 'timescaledb' then
        return hypertable_size(ts.storage(target));
    end if;
    return pg_total_relation_size(target);
end
$body$;

comment on function ts.size_bytes(regclass) is
'Bytes on disk of a time series, with its chunks and indexes.';

grant execute on function ts.size_bytes(regclass)
to factorium_ingest, factorium_transform;
