-- ts.retention_has_run(target) -> boolean
--
-- Whether the retention of a table has deleted, or could have.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.retention_has_run(target regclass)
returns boolean
language plpgsql
stable
as $body$
begin
    if ts.engine() = 'timescaledb' then
        return exists (
            select
            from timescaledb_information.jobs as j
            inner join timescaledb_information.job_stats as s on j.job_id = s.job_id
            where j.proc_name = 'policy_retention' and s.total_runs > 0
                and format('%I.%I', s.hypertable_schema, s.hypertable_name)::regclass
                = ts.storage(target)
        );
    end if;
    return exists (
        select from ts.policy as p
        where p.relation = target and p.kind = 'retention' and p.last_run_at is not null
    );
end
$body$;

comment on function ts.retention_has_run(regclass) is
'Whether the retention of a table has deleted, or could have.';
