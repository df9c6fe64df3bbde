-- The version of a risk model that is in force, and what its last matrix was made of.
-- Parameters: model
select
    model.model,
    model.version,
    model.description,
    model.parameters,
    model.created_at,
    model.retired_at,
    model.is_in_force,
    model.first_date,
    model.last_date,
    day.n_factors,
    day.n_days,
    day.regime_multiplier,
    day.distortion,
    day.shrinkage

from marts.dim_risk_model as model

left join marts.fct_risk_model_days as day
    on
        model.model_id = day.model_id
        and model.last_date = day.trade_date

where
    model.model = %(model)s
    and model.is_in_force
