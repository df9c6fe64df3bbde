-- ops.mentioned_ticker: every ticker that a landed source speaks of.
--
-- Distinct by source through a loose index scan where the table is large.
-- Grain: one row per source table and ticker.
--
-- Tested in: tests/sql/test_settle.py

create or replace view ops.mentioned_ticker as
with recursive bar_ticker as (
    (select ticker from raw.daily_bar order by ticker limit 1)
    union all
    select
        (
            select b.ticker from raw.daily_bar as b
            where b.ticker > bar_ticker.ticker
            order by b.ticker
            limit 1
        )
    from bar_ticker
    where bar_ticker.ticker is not null
)

select ticker from bar_ticker
where ticker is not null
union all
select distinct ticker from raw.minute_bar
union all
select distinct ticker from raw.panel_item
union all
select distinct ticker from raw.universe_member
union all
select distinct ticker from raw.sector
union all
select distinct ticker from raw.corporate_action;

comment on view ops.mentioned_ticker is 'Every ticker that a landed source speaks of.';
comment on column ops.mentioned_ticker.ticker is 'Ticker as the vendor wrote it.';
