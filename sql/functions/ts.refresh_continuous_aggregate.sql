-- call ts.refresh_continuous_aggregate(rollup, since, until)
--
-- TimescaleDB's own refresh of the whole buckets in [since, until), given in
-- the rollup's time zone. Not before the horizon: it would delete what the
-- rollup has of a source that is gone.
--
-- Refreshes of one rollup wait for each other. The lock outlives the commits
-- within; a refresh that fails gives it back when its session ends.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace procedure ts.refresh_continuous_aggregate(
    rollup ts.rollup,
    since timestamp,
    until timestamp
)
language plpgsql
as $body$
declare
    target regclass := format('ts.%I', rollup.name)::regclass;
    zone text := coalesce(rollup.time_zone, 'UTC');
    buckets tsrange := ts.whole_buckets(
        rollup.bucket, greatest(since, ts.rollup_horizon(rollup.name)), until
    );
begin
    if isempty(buckets) then
        return;
    end if;
    perform pg_advisory_lock(hashtext('factorium.refresh'), hashtext(rollup.name));
    perform ts.wait_for_refresh(rollup.name);
    if ts.is_dated(rollup.source, rollup.time_column) then
        call refresh_continuous_aggregate(
            target, lower(buckets)::date, upper(buckets)::date
        );
    else
        call refresh_continuous_aggregate(
            target, lower(buckets) at time zone zone, upper(buckets) at time zone zone
        );
    end if;
    perform pg_advisory_unlock(hashtext('factorium.refresh'), hashtext(rollup.name));
end
$body$;

comment on procedure ts.refresh_continuous_aggregate is
'Refreshes a continuous aggregate as far back as its source is whole.';

grant execute on procedure ts.refresh_continuous_aggregate(
    ts.rollup, timestamp, timestamp
) to factorium_transform;
