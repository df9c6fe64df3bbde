-- ts.set_policy(target, kind, span, every) -> void
--
-- Notes what was asked for a table. kind 'compression': compress what is older
-- than span; 'retention': keep so much; 'refresh': as often as every says, with
-- span for its look-back. A null span, of a refresh a null every, withdraws it.
-- With TimescaleDB its jobs do the work and this is the record that ts.horizon()
-- and ts.status() read; on plain PostgreSQL ts.run_policies() works it off.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.set_policy(
    target regclass,
    kind text,
    span interval,
    every interval default interval '1 day'
)
returns void
language sql
volatile
begin atomic
delete from ts.policy as p
where p.relation = target and p.kind = set_policy.kind;
insert into ts.policy (relation, kind, span, every)
select target, set_policy.kind, set_policy.span, set_policy.every
where set_policy.every is not null
    and (set_policy.span is not null or set_policy.kind = 'refresh');
end;

comment on function ts.set_policy(regclass, text, interval, interval) is
'Notes the compression, retention or refresh policy asked for a table.';
