-- ts.status() -> one row per time series, rollups included
--
-- relation: its qualified name. engine: 'timescaledb' or 'native'. chunks,
-- compressed_chunks: null on plain PostgreSQL. compress_after: what was asked
-- for; on plain PostgreSQL nothing is compressed. keep: its retention, null for
-- everything. horizon: see ts.horizon(). rollups: the rollups on it.
-- dirty_buckets: buckets of these waiting for ts.refresh(); null with
-- TimescaleDB, which keeps its own log.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.status()
returns table (
    relation text,
    engine text,
    chunks bigint,
    compressed_chunks bigint,
    compress_after interval,
    keep interval,
    horizon date,
    rollups text[],
    dirty_buckets bigint,
    size_bytes bigint
)
language sql
stable
begin atomic
select
    t.relation::text, ts.engine(), c.chunks, c.compressed_chunks,
    compression.span, retention.span, ts.horizon(t.relation),
    array(
        select r.name from ts.rollup as r where r.source = t.relation order by r.name
    ),
    case
        when ts.engine() = 'native'
        then (
            select count(distinct (d.rollup, d.bucket_start))
            from ts.dirty_bucket as d
            inner join ts.rollup as r on d.rollup = r.name
            where r.source = t.relation
        )
    end,
    ts.size_bytes(t.relation)
from ts.time_table as t
cross join ts.chunks(t.relation) as c
left join ts.policy as compression
    on t.relation = compression.relation and compression.kind = 'compression'
left join ts.policy as retention
    on t.relation = retention.relation and retention.kind = 'retention'
order by t.relation::text;
end;

comment on function ts.status() is
'One row per time series: engine, chunks, policies, horizon, rollups, size.';

grant execute on function ts.status() to factorium_ingest, factorium_transform;
