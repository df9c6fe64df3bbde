-- call ts.run_policies()
--
-- Works off the policies that are due, for the scheduler of a plain
-- PostgreSQL. Refreshes come first: what a retention deletes, the rollups have
-- seen. Compression does not exist there; it is said once a call. TimescaleDB
-- runs its policies as jobs of its own, so there this does nothing.
--
-- In autocommit only, every policy commits by itself.
-- Tested in: tests/sql/test_ts_policies.py

create or replace procedure ts.run_policies()
language plpgsql
as $body$
declare
    due ts.policy[] := (
        select array_agg(p order by p.kind, p.relation::text)
        from ts.policy as p
        where ts.engine() = 'native' and p.kind in ('refresh', 'retention')
            and coalesce(p.last_run_at + p.every <= now(), true)
    );
    policy ts.policy;
    rollup_name text;
begin
    if ts.engine() = 'native'
        and exists (select from ts.policy where kind = 'compression')
    then
        raise notice 'compression needs TimescaleDB: nothing is compressed';
    end if;
    foreach policy in array coalesce(due, '{}') loop
        for rollup_name in
            select r.name from ts.rollup as r
            where policy.relation in (r.source, format('ts.%I', r.name)::regclass)
            order by r.name
        loop
            call ts.refresh(
                rollup_name,
                case policy.kind when 'refresh' then now() - policy.span end
            );
        end loop;
        if policy.kind = 'retention' then
            perform ts.apply_retention(policy.relation);
        end if;
        update ts.policy as p set last_run_at = now()
        where p.relation = policy.relation and p.kind = policy.kind;
        commit;
    end loop;
end
$body$;

comment on procedure ts.run_policies is
'Works off the policies that are due, on plain PostgreSQL; in autocommit only.';

grant execute on procedure ts.run_policies() to factorium_transform;
