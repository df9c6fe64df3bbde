-- The day of a risk model that is meant: the one asked for, else the last it covers;
-- no row for an unknown model, and null for a day it does not cover.
-- Parameters: model, trade_date
select
    (
        select day.trade_date
        from marts.fct_risk_model_days as day
        where
            day.model = model.model
            and day.trade_date = coalesce(%(trade_date)s::date, model.last_date)
            and day.model_id = model.model_id
    ) as trade_date,
    model.first_date,
    model.last_date

from marts.dim_risk_model as model

where model.model = %(model)s and model.is_in_force
