-- Specific risk of names as each model in force forecasts it at the close. For a
-- horizon of h sessions multiply the volatility by the root of h.
-- Grain: one row per model, security and session.

{{ config(materialized='stable_view', meta={
    'grain': ['model', 'security_id', 'trade_date']
}) }}

select
    model.model,
    risk.security_id,
    risk.trade_date,
    risk.shrunk_volatility * risk.regime_multiplier as specific_volatility,
    risk.series_volatility,
    risk.structural_volatility,
    risk.series_share,
    risk.shrunk_volatility,
    risk.regime_multiplier,
    risk.n_days

from {{ ref('rsk_specific_risk') }} as risk

inner join {{ ref('dim_risk_model') }} as model
    on risk.model_id = model.specific_model_id

where model.is_in_force and risk.shrunk_volatility is not null
