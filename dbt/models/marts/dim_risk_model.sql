-- Risk models, those in force and those retired, with the dates they cover: those
-- with a covariance and specific risk.
-- Grain: one row per version of a model.

{{ config(materialized='stable_view', meta={'grain': ['model_id']}) }}

with

sharing as (

    select
        model.*,
        shared.specific_model_id
    from {{ source('risk', 'model') }} as model
    left join lateral (
        select min(other.model_id) as specific_model_id
        from {{ source('risk', 'model') }} as other
        where {{ specific_parameters('other') }} = {{ specific_parameters('model') }}
    ) as shared on true

)

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
    model.specific_model_id,
    -- Null where either is missing: greatest() and least() skip nulls.
    case
        when covariances.first_date is not null and specific.first_date is not null
            then greatest(covariances.first_date, specific.first_date)
    end as first_date,
    case
        when covariances.last_date is not null and specific.last_date is not null
            then least(covariances.last_date, specific.last_date)
    end as last_date

from sharing as model

left join lateral (
    select
        min(day.trade_date) as first_date,
        max(day.trade_date) as last_date
    from {{ ref('rsk_covariances') }} as day
    where model.model_id = day.model_id and day.covariance is not null
) as covariances on true

left join lateral (
    select
        min(day.trade_date) as first_date,
        max(day.trade_date) as last_date
    from {{ ref('rsk_specific_risk') }} as day
    where
        model.specific_model_id = day.model_id
        and day.shrunk_volatility is not null
) as specific on true
