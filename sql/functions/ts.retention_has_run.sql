-- ts.retention_has_run(target) -> boolean
--
-- Whether the retention of a table has deleted, or could have: on plain
-- PostgreSQL ts.run_policies() says so, TimescaleDB's job runs first a day
-- after it was set.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.retention_has_run(target regclass)
returns boolean
language sql
stable
return exists (
    select
    from ts.policy as p
    where
        p.relation = target and p.kind = 'retention'
        and (
            p.last_run_at is not null
            or ts.engine() = 'timescaledb' and p.set_at < now() - interval '23 hours'
        )
);

comment on function ts.retention_has_run(regclass) is
'Whether the retention of a table has deleted, or could have.';
