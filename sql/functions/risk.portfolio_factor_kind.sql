-- risk.portfolio_factor_kind(factor_id) -> text
--
-- Whether a factor is the market, a sector or a style: by its name, since that of a
-- sector's factor comes from risk.sector_factor. Null for null.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_factor_kind(factor_id text)
returns text
language sql
immutable
parallel safe
return case
    when factor_id = 'market' then 'market'
    when starts_with(factor_id, 'sector_') then 'sector'
    when factor_id is not null then 'style'
end;

comment on function risk.portfolio_factor_kind(text) is
'Whether a factor of the risk models is the market, a sector or a style.';
