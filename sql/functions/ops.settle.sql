-- ops.settle() -> integer
--
-- Gives newly landed rows their meaning: companies, securities, tickers,
-- sectors, universes, and the current bars. Idempotent, one settler at a
-- time; what a killed one left undone the next one does, because a load is
-- marked settled in the same transaction. Returns the number of loads settled.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle()
returns integer
language plpgsql
volatile
as $body$
declare
    load_ids bigint[];
begin
    perform pg_advisory_xact_lock(hashtext('factorium.settle'));
    load_ids := array(
        select load_id from raw.load where status = 'done' and settled_at is null
    );
    if cardinality(load_ids) = 0 then
        return 0;
    end if;

    create temporary table map_event_before on commit drop as select * from ops.map_events();
    perform ops.settle_companies();
    perform ops.settle_securities();
    perform ops.analyze_landed();
    if exists (
        select from raw.load
        where load_id = any(load_ids)
        and dataset in ('universe', 'sectors', 'ticker_map', 'ticker_maps', 'edgar_tickers')
    ) then
        perform ops.settle_maps();
    end if;
    if exists (select from raw.daily_bar where load_id = any(load_ids)) then
        perform ops.settle_daily_bars(load_ids);
    end if;
    if exists (select from raw.minute_bar where load_id = any(load_ids)) then
        perform ops.settle_minute_bars(load_ids);
    end if;
    perform ops.settle_changes(load_ids);
    perform ops.note_map_changes((select max(m) from unnest(load_ids) as m));
    drop table map_event_before;

    update raw.load set settled_at = clock_timestamp() where load_id = any(load_ids);
    return cardinality(load_ids);
end
$body$;

comment on function ops.settle() is
'Resolves newly landed rows to securities and current bars; returns the loads settled.';
