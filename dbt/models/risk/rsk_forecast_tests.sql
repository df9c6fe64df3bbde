-- Forecasts of test portfolios beside what they then earned: every model in force,
-- and two plain ones: `sample_252`, the mean square of the portfolio's own returns of
-- the past 252 sessions, and `one_factor`, its beta to the market and uncorrelated
-- rests. Made at the close before, every tenth session.
-- Grain: one row per model, test portfolio and session.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

{{ config(meta={
    'grain': ['model', 'portfolio', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps', 'models']
}, pre_hook=joined_by_hash()) }}

with

earned as (

    select
        *,
        avg(portfolio_return ^ 2) over year_before as mean_square,
        count(*) over year_before as n_before
    from {{ ref('rsk_test_returns') }}
    where trade_date between {{ since() }} - 400 and {{ until() }}
    window year_before as (
        partition by portfolio order by trade_date
        rows between 252 preceding and 1 preceding
    )

),

tested as materialized (

    select
        earned.*,
        market.mean_square as market_mean_square
    from earned
    inner join earned as market
        on earned.trade_date = market.trade_date and market.portfolio = 'market'
    where
        earned.trade_date between {{ since() }} and {{ until() }}
        and earned.session_no % {{ var('validation_every') }} = 0

),

-- Exposures and specific variance at the close before, by sector. The names are those
-- that earned the day's return.
names as (

    select
        exposure.*,
        panel.trade_date as earned_on
    from {{ ref('rsk_panel') }} as panel
    inner join {{ ref('rsk_exposures') }} as exposure
        on
            panel.security_id = exposure.security_id
            and panel.exposure_date = exposure.trade_date
    where
        panel.is_estimated
        and panel.trade_date in (select tested.trade_date from tested)

),

held as (

    {{ test_portfolios('names', 'cap_usd') }}

),

by_sector as (

    select
        held.portfolio,
        held.earned_on,
        specific.model_id,
        held.sector,
        sum(held.amount) as weight,
        sum(
            held.amount ^ 2
            * (specific.shrunk_volatility * specific.regime_multiplier) ^ 2
        ) as variance
        {%- for style in var('styles') %},
        sum(held.amount * held.{{ style }}) as {{ style }}
    {%- endfor %}
    from held
    inner join {{ ref('rsk_specific_risk') }} as specific
        on
            held.security_id = specific.security_id
            and held.trade_date = specific.trade_date
    where specific.shrunk_volatility is not null
    group by held.portfolio, held.earned_on, specific.model_id, held.sector

),

shares as (

    select
        *,
        sum(weight) over (partition by portfolio, earned_on, model_id) as total
    from by_sector

),

exposed as (

    select
        portfolio,
        earned_on,
        model_id,
        sum(variance) / sum(weight) ^ 2 as specific_variance,
        array_agg(risk.sector_factor(sector) order by sector) as sector_factors,
        array_agg(weight / total order by sector) as sector_weights,
        array[
            {%- for style in var('styles') %}
            sum({{ style }}) / sum(weight){{ ',' if not loop.last }}
            {%- endfor %}
        ] as style_exposures
    from shares
    group by portfolio, earned_on, model_id

),

forecast as (

    select
        model.model,
        tested.portfolio,
        tested.portfolio_kind,
        tested.trade_date,
        tested.portfolio_return,
        linalg.quadratic_form(
            day.covariance,
            risk.exposure_vector(
                day.factor_ids, exposed.sector_factors, exposed.sector_weights,
                {{ text_array(var('styles')) }}, exposed.style_exposures
            )
        ) + exposed.specific_variance as variance

    from tested

    inner join exposed
        on
            tested.portfolio = exposed.portfolio
            and tested.trade_date = exposed.earned_on

    inner join {{ ref('dim_risk_model') }} as model
        on exposed.model_id = model.specific_model_id and model.is_in_force

    inner join {{ ref('rsk_covariances') }} as day
        on
            model.model_id = day.model_id
            and tested.exposure_date = day.trade_date
            and day.covariance is not null

    union all

    select
        'sample_252',
        portfolio,
        portfolio_kind,
        trade_date,
        portfolio_return,
        mean_square
    from tested
    where n_before = 252

    union all

    select
        'one_factor',
        portfolio,
        portfolio_kind,
        trade_date,
        portfolio_return,
        beta ^ 2 * market_mean_square + market_specific_variance
    from tested
    where n_before = 252

),

final as (

    select
        model,
        portfolio,
        portfolio_kind,
        trade_date,
        portfolio_return,
        sqrt(variance) as forecast_volatility,
        portfolio_return / sqrt(variance) as standardized_return,
        portfolio_return ^ 2 / variance + ln(variance) as quasi_likelihood_loss
    from forecast
    where variance > 0

)

select * from final
