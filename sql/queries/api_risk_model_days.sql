-- First and latest day a risk model in force covers, and the days around the one
-- asked for. No row: no such model.
-- Parameters: model, trade_date
select
    model.model,
    model.first_date,
    model.last_date as latest_date,
    (
        select max(day.trade_date)
        from marts.fct_risk_model_days as day
        where
            day.model_id = model.model_id
            and day.trade_date <= %(trade_date)s::date
    ) as date_before,
    (
        select min(day.trade_date)
        from marts.fct_risk_model_days as day
        where
            day.model_id = model.model_id
            and day.trade_date >= %(trade_date)s::date
    ) as date_after

from marts.dim_risk_model as model

where
    model.model = %(model)s
    and model.is_in_force
