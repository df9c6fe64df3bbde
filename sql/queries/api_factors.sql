-- The registry of factors, optionally of one family or kind.
-- Parameters: family, kind, after_factor_id, max_rows
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

where
    (%(family)s::text is null or family = %(family)s)
    and (%(kind)s::text is null or kind = %(kind)s)
    and (%(after_factor_id)s::text is null or factor_id > %(after_factor_id)s)

order by factor_id

limit %(max_rows)s
