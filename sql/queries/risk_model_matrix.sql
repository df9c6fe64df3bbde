-- Daily covariances of factor returns of one day, row by row in the order of factors.
-- Parameters: model, trade_date
select
    pair.factor_id,
    one.factor_kind,
    pair.covariance

from marts.fct_factor_covariance as pair

left join marts.dim_risk_factor as one
    on pair.factor_id = one.factor_id

left join marts.dim_risk_factor as other
    on pair.other_factor_id = other.factor_id

where pair.model = %(model)s and pair.trade_date = %(trade_date)s

order by one.place, pair.factor_id, other.place, pair.other_factor_id
