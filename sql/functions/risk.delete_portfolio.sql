-- risk.delete_portfolio(name) -> integer
--
-- Deletes a portfolio with all its holdings; returns the portfolio_id it had.
-- Errors: P0002 where there is none of the name.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.delete_portfolio(p_name text)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    deleted integer;
begin
    delete from risk.portfolio where name = p_name
    returning portfolio_id into deleted;
    if deleted is null then
        raise exception using errcode = 'P0002', message = format(
            'there is no portfolio %L', p_name);
    end if;
    return deleted;
end
$body$;

comment on function risk.delete_portfolio(text) is
'Deletes a portfolio with all its holdings.';
