-- Risk models, every version, with the dates they cover.
-- Parameters: after_model, after_version, max_rows
select
    model,
    version,
    description,
    parameters,
    created_at,
    retired_at,
    is_in_force,
    first_date,
    last_date

from marts.dim_risk_model

where
    %(after_model)s::text is null
    or (model, version) > (%(after_model)s::text, %(after_version)s::integer)

order by model, version

limit %(max_rows)s
