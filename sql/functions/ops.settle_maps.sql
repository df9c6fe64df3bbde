-- ops.settle_maps() -> void
--
-- Sectors and universe memberships as validity ranges of securities. A sector
-- known only as a snapshot is extended backwards with is_backfilled = true.
-- Rewritten whole from raw at each settle: they are small, and the newest
-- load of a universe or scheme replaces what older loads said of it.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_maps()
returns void
language plpgsql
volatile
as $body$
begin
    delete from ref.sector_history;
    insert into ref.sector_history
        (security_id, scheme, sector, industry, valid_from, valid_to, is_backfilled)
    select distinct on (r.security_id)
        r.security_id, s.scheme, s.sector, s.industry,
        coalesce(s.valid_from, date '1900-01-01'), s.valid_to, s.valid_from is null
    from raw.sector as s
    inner join ref.ticker_range as r
        on ref.normal_ticker(s.ticker) = r.ticker
        and coalesce(s.valid_from, s.as_of, date '2100-01-01') >= r.valid_from
        and coalesce(s.valid_from, s.as_of, date '2100-01-01') < r.valid_to
    where exists (select from raw.load where load.load_id = s.load_id and load.status = 'done')
    order by r.security_id, s.load_id desc, s.valid_from desc nulls last;

    insert into ref.universe (name, description)
    select distinct universe, 'By membership spells.' from raw.universe_member
    on conflict (name) do nothing;

    delete from ref.universe_member;
    insert into ref.universe_member (universe_id, security_id, valid_from, valid_to)
    select
        u.universe_id, r.security_id,
        lower(spell) as valid_from,
        case when upper(spell) = 'infinity' then null else upper(spell) end
    from (
        select
            universe, security_id,
            unnest(range_agg(daterange(valid_from, coalesce(valid_to, date 'infinity')))) as spell
        from (
            select m.universe, t.security_id, m.valid_from, m.valid_to
            from raw.universe_member as m
            inner join ref.ticker_range as t
                on ref.normal_ticker(m.ticker) = t.ticker
                and m.valid_from >= t.valid_from and m.valid_from < t.valid_to
            where m.load_id = (
                select max(l.load_id) from raw.universe_member as newest
                inner join raw.load as l on newest.load_id = l.load_id and l.status = 'done'
                where newest.universe = m.universe
            )
            and m.valid_from < coalesce(m.valid_to, date 'infinity')
        ) as spells
        group by universe, security_id
    ) as r
    inner join ref.universe as u on r.universe = u.name;
end
$body$;

comment on function ops.settle_maps() is
'Rewrites sectors and universe memberships as validity ranges of securities.';
