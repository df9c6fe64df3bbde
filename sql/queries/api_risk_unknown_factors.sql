-- Those of the factors named that no risk model has.
-- Parameters: factors
select named.factor_id

from unnest(%(factors)s::text[]) as named (factor_id)

left join marts.dim_risk_factor as known
    on named.factor_id = known.factor_id

where known.factor_id is null

order by named.factor_id
