-- ops.analyze_landed() -> void
--
-- Statistics of the maps, and of raw tables that never had any or grew by a fifth:
-- what is read in the transaction that filled it would be planned blindly otherwise,
-- and a blind plan loops over both sides. Runs as the owner, who alone may analyze.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.analyze_landed()
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    relation regclass;
begin
    for relation in
        select c.oid
        from pg_class as c
        left join pg_stat_all_tables as s on c.oid = s.relid
        where c.relkind in ('r', 'p') and c.relnamespace in ('raw'::regnamespace, 'ref'::regnamespace)
        and (
            c.relnamespace = 'ref'::regnamespace
            or c.reltuples < 0
            or s.n_mod_since_analyze > 0.2 * c.reltuples
        )
        order by c.oid
    loop
        execute format('analyze %s', relation);
    end loop;
end
$body$;

comment on function ops.analyze_landed() is
'Statistics of the maps and of raw tables that grew, for what is planned next.';
