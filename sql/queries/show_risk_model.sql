-- A risk model on one day it covers: what its matrix was made of, and how well the
-- day's regression, and on average the last 252, explained returns.
-- Parameters: model, trade_date
with

wanted as (

    select * from risk.factor_covariance(%(model)s, %(trade_date)s)

)

select
    model.model,
    model.version,
    model.description,
    model.first_date,
    model.last_date,
    day.trade_date,
    day.n_factors,
    day.n_days,
    day.regime_multiplier,
    day.distortion,
    day.shrinkage,
    regression.n_names,
    regression.r2,
    (
        select avg(recent.r2)
        from (
            select r2
            from marts.fct_regressions
            where trade_date <= wanted.trade_date
            order by trade_date desc
            limit 252
        ) as recent
    ) as mean_r2_252d

from wanted

inner join marts.dim_risk_model as model
    on
        wanted.model = model.model
        and model.is_in_force

inner join marts.fct_risk_model_days as day
    on
        model.model_id = day.model_id
        and wanted.trade_date = day.trade_date

left join marts.fct_regressions as regression
    on wanted.trade_date = regression.trade_date
