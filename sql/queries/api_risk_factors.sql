-- Factors of the risk models, in the order in which matrices hold them.
-- Parameters: none
select
    factor_id,
    factor_kind,
    sector,
    place

from marts.dim_risk_factor

order by place
