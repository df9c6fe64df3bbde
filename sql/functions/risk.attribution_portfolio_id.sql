-- risk.attribution_portfolio_id(portfolio) -> integer
--
-- The portfolio_id of an uploaded portfolio, or 0 for 'market', the cap-weighted
-- estimation universe. An error P0002 where there is none of that name.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_portfolio_id(p_portfolio text)
returns integer
language plpgsql
stable
parallel safe
as $body$
declare
    found_id integer := (
        select portfolio.portfolio_id from risk.portfolio
        where portfolio.name = p_portfolio
    );
begin
    if p_portfolio = 'market' then
        return 0;
    elsif found_id is null then
        raise exception using errcode = 'P0002', message = format(
            'there is no portfolio %L', p_portfolio);
    end if;
    return found_id;
end
$body$;

comment on function risk.attribution_portfolio_id(text) is
'The portfolio_id of an uploaded portfolio; 0 for the market portfolio.';
