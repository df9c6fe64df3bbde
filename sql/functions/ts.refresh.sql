-- call ts.refresh(rollup_name default null, since default null, until default null)
--
-- Brings a rollup (null: all) up to date with its source: exactly the buckets
-- in [since, until) whose source changed since the last refresh; null for no
-- bound. Buckets before the horizon of the source stay as they are.
--
-- In autocommit only, as TimescaleDB demands it: every rollup commits by
-- itself. A date is meant in the session's time zone.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace procedure ts.refresh(
    rollup_name text default null,
    since timestamptz default null,
    until timestamptz default null
)
language plpgsql
as $body$
declare
    rollups ts.rollup[] := (
        select array_agg(r order by r.name)
        from ts.rollup as r
        where rollup_name is null or r.name = rollup_name
    );
    rollup ts.rollup;
begin
    if rollups is null and rollup_name is not null then
        raise exception 'there is no rollup %', rollup_name
        using hint = 'select name from ts.rollup';
    end if;
    foreach rollup in array coalesce(rollups, '{}') loop
        if ts.engine() = 'timescaledb' then
            call ts.refresh_continuous_aggregate(
                rollup, ts.local_time(rollup, since), ts.local_time(rollup, until)
            );
        else
            perform ts.refresh_table(
                rollup.name, ts.local_time(rollup, since), ts.local_time(rollup, until)
            );
        end if;
        commit;
    end loop;
end
$body$;

comment on procedure ts.refresh is
'Brings one or all rollups up to date; in autocommit only.';

grant execute on procedure ts.refresh(text, timestamptz, timestamptz)
to factorium_transform;
