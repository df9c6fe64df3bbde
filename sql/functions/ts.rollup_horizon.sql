-- ts.rollup_horizon(rollup_name) -> timestamp
--
-- The first moment, in the time zone of a rollup, from which on both its source
-- and itself are whole; null where nothing ever is deleted. A bucket that
-- begins earlier is not recomputed: its source may be gone.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.rollup_horizon(rollup_name text)
returns timestamp
language plpgsql
stable
as $body$
declare
    rollup ts.rollup := (select r from ts.rollup as r where r.name = rollup_name);
    horizon timestamp := greatest(
        ts.horizon(rollup.source), ts.horizon(format('ts.%I', rollup_name)::regclass)
    );
begin
    if ts.is_dated(rollup.source, rollup.time_column) then
        return horizon;
    end if;
    return horizon at time zone 'UTC' at time zone coalesce(rollup.time_zone, 'UTC');
end
$body$;

comment on function ts.rollup_horizon(text) is
'The first moment from which on a rollup and its source are whole.';

grant execute on function ts.rollup_horizon(text) to factorium_transform;
