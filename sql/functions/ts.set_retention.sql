-- ts.set_retention(target, keep) -> void
--
-- Deletes, once a day, what is older than `keep`; null keeps everything from
-- now on, the default. What the former policy may have deleted stays before
-- the horizon. Rollups keep what they made of deleted rows. For the owner of
-- the table.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.set_retention(target regclass, keep interval)
returns void
language plpgsql
volatile
as $body$
declare
    rollup record;
begin
    if ts.retention_has_run(target) then
        update ts.time_table as t set lost_before = ts.horizon(target)
        where t.relation = target;
    end if;
    perform ts.set_policy(target, 'retention', keep);
    if ts.engine() = 'timescaledb' then
        perform remove_retention_policy(target, if_exists => true);
        if keep is not null then
            perform add_retention_policy(
                target, keep, schedule_interval => interval '1 day',
                initial_start => ts.first_run()
            );
        end if;
    end if;
    -- A refresh must not reach back to where its source is gone.
    for rollup in
        select r.name, p.every, p.span
        from ts.rollup as r
        inner join ts.policy as p
            on p.relation = format('ts.%I', r.name)::regclass and p.kind = 'refresh'
        where r.source = target
    loop
        perform ts.set_refresh_policy(rollup.name, rollup.every, rollup.span);
    end loop;
end
$body$;

comment on function ts.set_retention(regclass, interval) is
'Deletes what is older than an interval, once a day; null keeps everything.';
