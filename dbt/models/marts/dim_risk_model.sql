-- Risk models, those in force and those retired, with the dates they cover: those
-- with a covariance and specific risk.
-- Grain: one row per version of a model.

{{ config(materialized='stable_view', meta={'grain': ['model_id']}) }}

with

sharing as (

    select
        model.*,
        (
            select min(other.model_id)
            from {{ source('risk', 'model') }} as other
            where
                other.retired_at is null
                and {{ specific_parameters('other') }}
                = {{ specific_parameters('model') }}
        ) as specific_model_id
    from {{ source('risk', 'model') }} as model

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
    greatest(covariances.first_date, specific.first_date) as first_date,
    least(covariances.last_date, specific.last_date) as last_date

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
        (
            select first.trade_date from {{ ref('rsk_specific_risk') }} as first
            where
                first.model_id = model.specific_model_id
                and first.shrunk_volatility is not null
            order by first.trade_date
            limit 1
        ) as first_date,
        (
            select last.trade_date from {{ ref('rsk_specific_risk') }} as last
            where
                last.model_id = model.specific_model_id
                and last.shrunk_volatility is not null
            order by last.trade_date desc
            limit 1
        ) as last_date
) as specific on true
