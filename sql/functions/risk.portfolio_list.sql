-- risk.portfolio_list()
--     -> one row per uploaded portfolio: portfolio, description, first_date,
--        last_date, n_uploads, n_holdings, created_at
--
-- The portfolios there are, by name: the dates of their first and last upload, how
-- many there were, and how many names the last one holds.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_list()
returns table (
    portfolio text,
    description text,
    first_date date,
    last_date date,
    n_uploads integer,
    n_holdings integer,
    created_at timestamptz
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select
        portfolio.name,
        portfolio.description,
        min(upload.valid_from),
        max(upload.valid_from),
        count(*)::integer,
        (array_agg(upload.n_holdings order by upload.valid_from desc))[1]::integer,
        portfolio.created_at
    from risk.portfolio as portfolio
    inner join (
        select portfolio_id, valid_from, count(*) as n_holdings
        from risk.holding
        group by portfolio_id, valid_from
    ) as upload on portfolio.portfolio_id = upload.portfolio_id
    group by portfolio.portfolio_id
    order by portfolio.name
$body$;

comment on function risk.portfolio_list() is
'The portfolios that were uploaded, with the dates of their uploads.';
