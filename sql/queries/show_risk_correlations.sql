-- The largest correlations between factors, in a risk model on one day it covers.
-- Parameters: model, trade_date, max_rows
with

wanted as (

    select * from risk.factor_covariance(%(model)s, %(trade_date)s)

),

pairs as (

    select
        wanted.factor_ids[place] as factor_id,
        wanted.factor_ids[other] as other_factor_id,
        wanted.covariance[place][other] / nullif(
            sqrt(wanted.covariance[place][place] * wanted.covariance[other][other]), 0
        ) as correlation
    from wanted
    cross join generate_subscripts(wanted.factor_ids, 1) as place
    cross join generate_subscripts(wanted.factor_ids, 1) as other
    where place < other

)

select
    factor_id,
    other_factor_id,
    correlation

from pairs

where correlation is not null

order by abs(correlation) desc, factor_id, other_factor_id

limit %(max_rows)s
