-- Daily covariances of factor returns as each model in force forecasts them at the
-- close, in long form. For a horizon of h sessions multiply by h. A matrix at once:
-- risk.factor_covariance(model, date, horizon_days).
-- Grain: one row per model, session and pair of factors.

{{ config(materialized='stable_view', meta={
    'grain': ['model', 'trade_date', 'factor_id', 'other_factor_id']
}) }}

select
    model.name as model,
    day.trade_date,
    one.factor_id,
    other.factor_id as other_factor_id,
    day.covariance[one.place][other.place] as covariance,
    day.covariance[one.place][other.place] / nullif(sqrt(
        day.covariance[one.place][one.place] * day.covariance[other.place][other.place]
    ), 0) as correlation

from {{ ref('rsk_covariances') }} as day

inner join {{ source('risk', 'model') }} as model
    on day.model_id = model.model_id

cross join
    lateral unnest(day.factor_ids)
    with ordinality as one (factor_id, place)

cross join
    lateral unnest(day.factor_ids)
    with ordinality as other (factor_id, place)

where day.covariance is not null
