-- ops.settle_changes(load_ids) -> void
--
-- Notes in ops.change which dates the newly landed facts, filings, panels,
-- macro observations, actions and maps touch. A fact touches every date from
-- the day it became known; a load of filings can move known times, so it
-- counts from its first filing.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_changes(load_ids bigint[])
returns void
language sql
volatile
as $body$
    insert into ops.change (input, from_date, load_id)
    select 'facts', min(filed), load_id from raw.company_fact
    where load_id = any(load_ids) group by load_id
    union all
    select 'facts', min(filing_date), load_id from raw.filing
    where load_id = any(load_ids) group by load_id
    union all
    select 'facts', min(filed), load_id from raw.fsds_sub
    where load_id = any(load_ids) group by load_id
    union all
    select 'facts', min(filed), load_id from raw.panel_item
    where load_id = any(load_ids) group by load_id
    union all
    -- One vintage alone is a snapshot: it may revise all it holds.
    select
        'macro',
        case
            when count(distinct realtime_start) > 1 then min(realtime_start)
            else min(observed_on)
        end,
        load_id
    from raw.fred_observation
    where load_id = any(load_ids) group by load_id
    union all
    select 'macro', min(observed_on), load_id from raw.fred_md
    where load_id = any(load_ids) group by load_id
    union all
    select 'actions', min(ex_date), load_id from raw.corporate_action
    where load_id = any(load_ids) group by load_id
    union all
    select 'maps', date '1990-01-01', load_id
    from (
        select load_id from raw.sector
        union
        select load_id from raw.universe_member
        union
        select load_id from raw.ticker_map
        union
        select load_id from raw.company_ticker
    ) as maps
    where load_id = any(load_ids);
$body$;

comment on function ops.settle_changes(bigint[]) is
'Notes which dates the newly landed facts, macro data, actions and maps touch.';
