-- ops.link_companies() -> integer
--
-- Gives a security its company by the newest ticker -> CIK mapping that any
-- source delivered, and its name. A security whose company has a CIK keeps it;
-- one that was known by its ticker alone, before any map came, gets the mapped one.
-- Of several securities of one company the first by ticker is the primary
-- one unless a share-class seed says otherwise. Returns securities linked.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.link_companies()
returns integer
language plpgsql
volatile
as $body$
declare
    linked integer;
begin
    create temporary table mapping on commit drop as
    select distinct on (ticker) ticker, cik, name
    from (
        select ref.normal_ticker(permanent_ticker) as ticker, cik, null as name, load_id, 1 as rank
        from raw.ticker_map where cik is not null
        union all
        select ref.normal_ticker(ticker), cik, name, load_id, 2
        from raw.sector where cik is not null
        union all
        select ref.normal_ticker(ticker), cik, title, load_id, 3 from raw.company_ticker
    ) as mappings
    order by ticker, rank, load_id desc;

    update ref.security set company_id = company.company_id
    from mapping
    inner join ref.company on mapping.cik = company.cik
    where security.permanent_ticker = mapping.ticker
    and not exists (
        select from ref.company as own
        where own.company_id = security.company_id and own.cik is not null
    );
    get diagnostics linked = row_count;

    -- A ticker that no map knows is still a company of its own: one whose CIK is unknown.
    insert into ref.company (name)
    select 'ticker ' || permanent_ticker from ref.security where company_id is null;
    update ref.security set company_id = company.company_id
    from ref.company
    where security.company_id is null
    and company.cik is null and company.name = 'ticker ' || security.permanent_ticker;

    update ref.security set name = company.name
    from ref.company
    where security.company_id = company.company_id
    and security.name is distinct from company.name;

    -- One line of a company is primary: the first by ticker; a seed may say otherwise.
    update ref.security set is_primary = (ranked.place = 1)
    from (
        select security_id, row_number() over (
            partition by company_id order by permanent_ticker
        ) as place
        from ref.security
    ) as ranked
    where security.security_id = ranked.security_id
    and security.is_primary <> (ranked.place = 1);

    drop table mapping;
    return linked;
end
$body$;

comment on function ops.link_companies() is
'Gives securities their company by the newest ticker to CIK mapping; returns how many.';
