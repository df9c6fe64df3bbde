-- ts.drop_rollup(rollup_name) -> void
--
-- Drops a rollup with its policies and marks; nothing where there is none.
-- An error while a view reads it.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.drop_rollup(rollup_name text)
returns void
language plpgsql
volatile
as $body$
declare
    relation_of_rollup regclass := to_regclass(format('ts.%I', rollup_name));
begin
    delete from ts.policy as p where p.relation = relation_of_rollup;
    delete from ts.time_table as t where t.relation = relation_of_rollup;
    delete from ts.rollup as r where r.name = rollup_name;
    if relation_of_rollup is not null then
        execute format(
            'drop %s ts.%I',
            case ts.engine()
                when 'timescaledb' then 'materialized view' else 'table'
            end,
            rollup_name
        );
    end if;
end
$body$;

comment on function ts.drop_rollup(text) is
'Drops a rollup with its policies and marks.';
