-- Risk models, those in force and those retired, with the dates they cover.
-- Grain: one row per version of a model.

{{ config(materialized='stable_view', meta={'grain': ['model_id']}) }}

select
    model.model_id,
    model.name as model,
    model.version,
    model.description,
    model.parameters,
    model.created_at,
    model.created_by,
    model.retired_at,
    model.retired_at is null as is_in_force,
    (
        select min(other.model_id)
        from {{ source('risk', 'model') }} as other
        where
            other.retired_at is null
            and {{ specific_parameters('other') }} = {{ specific_parameters('model') }}
    ) as specific_model_id,
    dates.first_date,
    dates.last_date

from {{ source('risk', 'model') }} as model

left join lateral (
    select
        min(day.trade_date) as first_date,
        max(day.trade_date) as last_date
    from {{ ref('rsk_covariances') }} as day
    where model.model_id = day.model_id and day.covariance is not null
) as dates on true
