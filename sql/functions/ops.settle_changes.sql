-- ops.settle_changes(load_ids) -> void
--
-- Notes in ops.change which dates, and of which companies, the newly landed facts,
-- filings, panels, macro observations and actions touch (maps: ops.note_map_changes).
-- A fact touches every date from the day it became known; a load of filings can
-- move known times, so it counts from its first filing.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_changes(load_ids bigint[])
returns void
language sql
volatile
as $body$
    insert into ops.change (input, from_date, load_id, companies)
    with touched as (
        select load_id, cik, min(filed) as from_date from raw.company_fact
        where load_id = any(load_ids) group by load_id, cik
        union all
        select load_id, cik, min(filing_date) from raw.filing
        where load_id = any(load_ids) group by load_id, cik
        union all
        select load_id, cik, min(filed) from raw.fsds_sub
        where load_id = any(load_ids) group by load_id, cik
    )
    select
        'facts', min(t.from_date), t.load_id,
        array_agg(distinct c.company_id) filter (where c.company_id is not null)
    from touched as t
    left join ref.cik_history as c on t.cik = c.cik
    group by t.load_id
    union all
    select 'facts', min(p.filed), p.load_id, array_agg(distinct s.company_id)
    from raw.panel_item as p
    left join ref.ticker_range as t
        on ref.normal_ticker(p.ticker) = t.ticker
        and p.filed >= t.valid_from and p.filed < t.valid_to
    left join ref.security as s on t.security_id = s.security_id
    where p.load_id = any(load_ids) group by p.load_id
    union all
    -- One vintage alone is a snapshot: it may revise all it holds.
    select
        'macro',
        case
            when count(distinct realtime_start) > 1 then min(realtime_start)
            else min(observed_on)
        end,
        load_id, null
    from raw.fred_observation
    where load_id = any(load_ids) group by load_id
    union all
    select 'macro', min(observed_on), load_id, null from raw.fred_md
    where load_id = any(load_ids) group by load_id
    union all
    select 'actions', min(ex_date), load_id, null from raw.corporate_action
    where load_id = any(load_ids) group by load_id;
$body$;

comment on function ops.settle_changes(bigint[]) is
'Notes which dates the newly landed facts, macro data and actions touch.';
