-- risk.attribution_styles() -> text[]
--
-- The styles of the risk models, in the order in which arrays hold them.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_styles()
returns text[]
language sql
stable
parallel safe
as $body$
    select array_agg(factor_id order by place) from marts.dim_risk_factor
    where factor_kind = 'style'
$body$;

comment on function risk.attribution_styles() is
'The styles of the risk models, in the order in which arrays hold them.';
