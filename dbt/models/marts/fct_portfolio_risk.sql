-- Risk of uploaded portfolios as each model in force forecast it at every close. For a
-- horizon of h sessions multiply volatilities by the root of h.
-- Grain: one row per portfolio, model and session.

{{ config(materialized='stable_view', meta={
    'grain': ['portfolio', 'model', 'trade_date']
}) }}

select
    portfolio.name as portfolio,
    model.name as model,
    day.trade_date,
    day.n_holdings,
    day.covered_weight,
    day.total_volatility,
    day.factor_volatility,
    day.specific_volatility,
    day.beta

from {{ ref('rsk_portfolio_risk') }} as day

inner join {{ source('risk', 'portfolio') }} as portfolio
    on day.portfolio_id = portfolio.portfolio_id

inner join {{ source('risk', 'model') }} as model
    on day.model_id = model.model_id

where model.retired_at is null
