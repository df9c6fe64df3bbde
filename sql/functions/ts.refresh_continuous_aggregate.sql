-- call ts.refresh_continuous_aggregate(rollup, since, until)
--
-- TimescaleDB's own refresh, which wants its bounds in the type of the source's
-- time, and kept from reaching back to where the source is gone: it would
-- delete what the rollup has of it.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace procedure ts.refresh_continuous_aggregate(
    rollup ts.rollup,
    since timestamptz,
    until timestamptz
)
language plpgsql
as $body$
declare
    target regclass := format('ts.%I', rollup.name)::regclass;
    horizon timestamp := ts.rollup_horizon(rollup.name);
begin
    if ts.is_dated(rollup.source, rollup.time_column) then
        call refresh_continuous_aggregate(
            target, greatest(since::date, horizon::date), until::date
        );
    else
        call refresh_continuous_aggregate(
            target,
            greatest(since, horizon at time zone coalesce(rollup.time_zone, 'UTC')),
            until
        );
    end if;
end
$body$;

comment on procedure ts.refresh_continuous_aggregate(
    ts.rollup, timestamptz, timestamptz
) is 'Refreshes a continuous aggregate as far back as its source is whole.';

grant execute on procedure ts.refresh_continuous_aggregate(
    ts.rollup, timestamptz, timestamptz
) to factorium_transform;
