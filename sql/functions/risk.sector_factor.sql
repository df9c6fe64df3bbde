-- risk.sector_factor(sector) -> text
--
-- The factor_id of a sector: 'Health Care' is sector_health_care.
--
-- Tested in: tests/sql/test_risk_regression.py

create or replace function risk.sector_factor(sector text)
returns text
language sql
immutable
parallel safe
return 'sector_' || trim(
    both '_' from regexp_replace(lower(sector), '[^a-z0-9]+', '_', 'g')
);

comment on function risk.sector_factor(text) is
'The factor_id of a sector.';
