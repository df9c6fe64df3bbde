-- What each model's covariance of a day was made of, and what was done to it.
-- Grain: one row per model and session.

{{ config(materialized='stable_view', meta={'grain': ['model', 'trade_date']}) }}

select
    model.name as model,
    day.model_id,
    day.trade_date,
    day.n_days,
    cardinality(day.factor_ids) as n_factors,
    day.regime_multiplier,
    day.eigenfactor_biases,
    day.distortion,
    day.shrinkage

from {{ ref('rsk_covariances') }} as day

inner join {{ source('risk', 'model') }} as model
    on day.model_id = model.model_id

where day.covariance is not null
