-- Those of the given factors that are not in the registry, or of the other grain.
-- Parameters: factors, is_macro
select asked.factor_id

from unnest(%(factors)s::text[]) as asked (factor_id)

where not exists (
    select 1
    from marts.dim_factor as known
    where
        known.factor_id = asked.factor_id
        and (known.kind = 'macro') = %(is_macro)s
)
