-- A risk model's covariance of factor returns on one day, over a horizon.
-- Parameters: model, trade_date, horizon_days
select
    model,
    trade_date,
    factor_ids,
    covariance

from risk.factor_covariance(%(model)s, %(trade_date)s, %(horizon_days)s)
