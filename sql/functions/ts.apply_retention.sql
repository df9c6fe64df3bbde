-- ts.apply_retention(target) -> bigint
--
-- Deletes what is before the horizon of a table that has a retention, by one
-- literal date; returns how many rows. Nothing where no retention is set, so
-- the role that runs policies may call it and still delete nothing else: it
-- runs as its owner.
--
-- On plain PostgreSQL only. Tested in: tests/sql/test_ts_policies.py

create or replace function ts.apply_retention(target regclass)
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    series ts.time_table := (
        select t from ts.time_table as t where t.relation = target
    );
    deleted bigint;
begin
    if not exists (
        select from ts.policy as p where p.relation = target and p.kind = 'retention'
    ) then
        return 0;
    end if;
    execute format(
        case
            when ts.is_dated(target, series.time_column)
            then 'delete from %s where %I < %L::date'
            else 'delete from %s where %I < %L::timestamp at time zone ''UTC'''
        end, target, series.time_column, ts.horizon(target)
    );
    get diagnostics deleted = row_count;
    return deleted;
end
$body$;

comment on function ts.apply_retention(regclass) is
'Deletes what is before the horizon of a table that has a retention.';

grant execute on function ts.apply_retention(regclass) to factorium_transform;
