-- ts.whole_buckets(width, since, until) -> tsrange
--
-- The buckets that lie wholly within [since, until), as one range; empty where
-- none does. A null bound stays open.
--
-- Immutable. Tested in: tests/sql/test_ts_bucket.py

create or replace function ts.whole_buckets(
    width interval, since timestamp, until timestamp
)
returns tsrange
language plpgsql
immutable
parallel safe
as $body$
declare
    first timestamp := ts.bucket(width, since);
    last timestamp := ts.bucket(width, until);
begin
    if first < since then
        first := first + width;
    end if;
    if first >= last then
        return 'empty';
    end if;
    return tsrange(first, last);
end
$body$;

comment on function ts.whole_buckets(interval, timestamp, timestamp) is
'The buckets that lie wholly within a range of time.';

grant execute on function ts.whole_buckets(interval, timestamp, timestamp)
to factorium_ingest, factorium_transform;
