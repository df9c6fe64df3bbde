-- ops.map_events() -> setof (company_id, security_id, event_date, event)
--
-- The maps as events: from a day on a security bears a ticker, belongs to a company,
-- a sector, a universe, a company files under a CIK, or no longer. Two of these lists
-- differ from the first day on which the maps do.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.map_events()
returns table (company_id integer, security_id integer, event_date date, event text)
language sql
stable
as $body$
    with spell as (
        select
            s.company_id, s.security_id, date '1900-01-01' as valid_from, null::date as valid_to,
            format('security %s %s', s.permanent_ticker, s.is_primary) as event
        from ref.security as s
        union all
        select s.company_id, h.security_id, h.valid_from, h.valid_to, 'ticker ' || h.ticker_id
        from ref.ticker_history as h inner join ref.security as s using (security_id)
        union all
        select
            s.company_id, h.security_id, h.valid_from, h.valid_to,
            format('sector %s %s %s', h.scheme, h.sector, h.industry)
        from ref.sector_history as h inner join ref.security as s using (security_id)
        union all
        select s.company_id, m.security_id, m.valid_from, m.valid_to, 'universe ' || m.universe_id
        from ref.universe_member as m inner join ref.security as s using (security_id)
        union all
        select c.company_id, s.security_id, c.valid_from, c.valid_to, 'cik ' || c.cik
        from ref.cik_history as c left join ref.security as s using (company_id)
    )
    select spell.company_id, spell.security_id, spell.valid_from, spell.event from spell
    union all
    select spell.company_id, spell.security_id, spell.valid_to, 'no ' || spell.event from spell
    where spell.valid_to is not null
$body$;

comment on function ops.map_events() is
'The maps as dated events; two states of them are compared by these.';
