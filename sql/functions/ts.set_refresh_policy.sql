-- ts.set_refresh_policy(rollup_name, every, lookback default null) -> void
--
-- Refreshes a rollup as often as `every` says, for changes in the last
-- `lookback` (null: any), as far as its source is still kept. A null `every`
-- withdraws the policy. A build refreshes all rollups anyway; this is for who
-- reads them in between. For the owner of the rollup.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.set_refresh_policy(
    rollup_name text,
    every interval,
    lookback interval default null
)
returns void
language plpgsql
volatile
as $body$
declare
    target regclass := format('ts.%I', rollup_name)::regclass;
    reach interval := least(
        lookback,
        (
            select min(p.span)
            from ts.rollup as r
            inner join ts.policy as p
                on p.relation in (r.source, target) and p.kind = 'retention'
            where r.name = rollup_name
        )
    );
begin
    perform ts.set_policy(target, 'refresh', lookback, every);
    if ts.engine() <> 'timescaledb' then
        return;
    end if;
    perform remove_continuous_aggregate_policy(target, if_exists => true);
    if every is not null then
        perform add_continuous_aggregate_policy(
            target, start_offset => reach, end_offset => null::interval,
            schedule_interval => every, initial_start => ts.first_run()
        );
    end if;
end
$body$;

comment on function ts.set_refresh_policy(text, interval, interval) is
'Refreshes a rollup regularly, for changes within a look-back.';
