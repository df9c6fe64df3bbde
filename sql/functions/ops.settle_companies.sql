-- ops.settle_companies() -> integer
--
-- Makes a company of every CIK that any landed source names and that has
-- none yet, and keeps names current (the newest load wins). Returns the
-- number of companies added.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_companies()
returns integer
language plpgsql
volatile
as $body$
declare
    added integer;
begin
    create temporary table named on commit drop as
    select distinct on (cik) cik, name
    from (
        select cik, title as name, load_id from raw.company_ticker
        union all
        select cik, name, load_id from raw.sector where cik is not null
        union all
        select cik, null, load_id from raw.ticker_map where cik is not null
        union all
        select cik, entity_name, load_id from raw.company_fact_entity
        union all
        select cik, name, load_id from raw.filer
        union all
        select cik, name, load_id from raw.fsds_sub
    ) as mentions
    order by cik, (name is null), load_id desc;

    insert into ref.company (cik, name)
    select named.cik, named.name from named
    where not exists (select from ref.company where company.cik = named.cik);
    get diagnostics added = row_count;

    update ref.company set name = named.name
    from named
    where company.cik = named.cik and named.name is not null
    and company.name is distinct from named.name;

    insert into ref.cik_history (company_id, cik, valid_from, is_backfilled)
    select company_id, cik, date '1900-01-01', true from ref.company
    where cik is not null
    and not exists (select from ref.cik_history where cik_history.cik = company.cik);

    drop table named;
    return added;
end
$body$;

comment on function ops.settle_companies() is
'Makes a company of every CIK that a landed source names; returns how many were added.';
