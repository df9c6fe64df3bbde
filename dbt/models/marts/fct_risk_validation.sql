-- How well forecasts of each model held, portfolio by portfolio, beside two plain
-- models: over the test dates on which every one of them has a forecast of the
-- portfolio, so that their losses may be compared.
-- Grain: one row per model and test portfolio.

{{ config(materialized='reader_view', meta={'grain': ['model', 'portfolio']}) }}

with

counted as (

    select
        *,
        count(*) over (partition by portfolio, trade_date) as n_models
    from {{ ref('rsk_forecast_tests') }}

),

-- As many as any date and portfolio has.
complete as (

    select max(n_models) as n_models
    from counted

)

select
    model,
    portfolio,
    portfolio_kind,
    count(*)::integer as n_tests,
    min(trade_date) as first_date,
    max(trade_date) as last_date,
    stddev_samp(standardized_return) as bias_statistic,
    sqrt(2.0 / count(*)) as bias_band,
    avg(quasi_likelihood_loss) as quasi_likelihood_loss,
    sqrt(252 * avg(portfolio_return ^ 2)) as realized_volatility,
    sqrt(252 * avg(forecast_volatility ^ 2)) as forecast_volatility,
    avg((abs(standardized_return) > 1.96)::integer) as exceeded_95

from counted

inner join complete on counted.n_models = complete.n_models

group by model, portfolio, portfolio_kind
