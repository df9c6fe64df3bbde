-- ops.note_map_changes(load_id) -> void
--
-- Notes in ops.change what differs between the maps and the temporary table
-- map_event_before (rows of ops.map_events): which companies, and from which day,
-- no earlier than the first bar of the securities concerned. Nothing when they agree.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.note_map_changes(p_load_id bigint)
returns void
language plpgsql
volatile
as $body$
begin
    insert into ops.change (input, from_date, load_id, companies)
    with differing as (
        (select * from ops.map_events() except select * from map_event_before)
        union all
        (select * from map_event_before except select * from ops.map_events())
    ),
    dated as (
        -- Without bars no date is touched.
        select d.company_id, greatest(min(d.event_date), coalesce((
            select min(b.trade_date) from raw.daily_bar_current as b
            where b.security_id = d.security_id
        ), date '9999-12-31')) as from_date
        from differing as d
        group by d.company_id, d.security_id
    )
    select
        'maps', min(from_date), p_load_id,
        array_agg(distinct company_id) filter (where company_id is not null)
    from dated
    having count(*) > 0;
end
$body$;

comment on function ops.note_map_changes(bigint) is
'Notes which companies and dates differ between the maps and their state before.';
