-- ops.company_slices(companies, rows_a_slice)
--     -> setof (companies, ciks, securities)
--
-- Companies in groups of about so many facts each, with their CIKs and securities:
-- what a model by company computes at a time, so that its sets fit in memory. All
-- companies when none are named; no row where there is no company.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.company_slices(
    p_companies integer[] default null,
    p_rows_a_slice bigint default 300000
)
returns table (companies integer[], ciks integer[], securities integer[])
language sql
stable
as $body$
    with landed as (
        select coalesce(sum(rows_landed), 0)::bigint as n
        from raw.load
        where dataset in ('edgar_facts', 'edgar_fsds', 'panel') and status = 'done'
    ),
    reporting as (
        select cik from raw.company_fact_entity
        union
        select cik from raw.fsds_sub
    ),
    -- Thousands of companies are only named; who reports makes the rows.
    company as (
        select
            c.company_id,
            (
                exists (
                    select from ref.cik_history as h
                    inner join reporting as r on h.cik = r.cik
                    where h.company_id = c.company_id
                )
                or exists (select from ref.security as s where s.company_id = c.company_id)
            )::integer as weight
        from ref.company as c
    ),
    member as (
        select
            company.company_id,
            sum(company.weight) over (order by company.company_id) as place,
            (select greatest(sum(w.weight), 1) from company as w) as n_reporting
        from company
        where p_companies is null or company.company_id = any(p_companies)
    ),
    sliced as (
        select
            member.company_id,
            (member.place - 1) * landed.n / (member.n_reporting * p_rows_a_slice) as slice_no
        from member cross join landed
    ),
    grouped as (
        select array_agg(company_id order by company_id) as companies
        from sliced group by floor(slice_no) order by floor(slice_no)
    )
    select
        g.companies,
        array(
            select h.cik from ref.cik_history as h
            where h.company_id = any(g.companies) order by h.cik
        ),
        array(
            select s.security_id from ref.security as s
            where s.company_id = any(g.companies) order by s.security_id
        )
    from grouped as g
$body$;

comment on function ops.company_slices(integer[], bigint) is
'Companies in groups of about so many facts, with their CIKs and securities.';
