-- One factor of the registry.
-- Parameters: factor_id
select
    factor_id,
    family,
    kind,
    sign::integer as sign,
    unit,
    description,
    formula,
    source,
    inputs::text[] as inputs,
    horizon,
    pit_grade,
    is_ranked

from marts.dim_factor

where factor_id = %(factor_id)s
