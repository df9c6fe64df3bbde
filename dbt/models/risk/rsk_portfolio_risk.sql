-- Risk of every uploaded portfolio at each close, as every model in force forecast it:
-- with drifted weights w, exposures X and specific volatilities s of the close, factor
-- exposures h = X'w, factor variance h'Fh and specific variance sum of w^2 s^2. Names
-- without exposures or specific risk count for nothing: covered_weight says how much
-- is left. beta is the covariance with the market portfolio over its variance.
-- Grain: one row per portfolio, model and session.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

-- The function reads what dbt does not see:
-- depends_on: {{ ref('int_prices__daily') }}
-- depends_on: {{ source('risk', 'holding') }}

{{ config(meta={
    'grain': ['portfolio_id', 'model_id', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps', 'models', 'portfolios'],
    'chunk_sessions': 252
}, pre_hook=joined_by_hash(), indexes=[{'columns': ['trade_date']}]) }}

with

models as materialized (

    select
        model_id,
        specific_model_id
    from {{ ref('dim_risk_model') }}
    where is_in_force

),

-- portfolio_id 0 is the market.
held as materialized (

    select
        portfolio_id,
        weight_date as trade_date,
        security_id,
        weight,
        sum(weight) filter (where portfolio_id = 0) over (
            partition by weight_date, security_id
        ) as market_weight
    from risk.attribution_weights(
        0 || array(
            select portfolio.portfolio_id
            from {{ source('risk', 'portfolio') }}
        ),
        {{ since() }},
        {{ until() }}
    )
    where exists (select from {{ source('risk', 'holding') }})

),

covered as materialized (

    select
        held.portfolio_id,
        held.trade_date,
        specific.model_id,
        held.weight,
        exposure.sector,
        held.weight
        * (specific.shrunk_volatility * specific.regime_multiplier) ^ 2
            as weighted_variance,
        held.market_weight
        {%- for style in var('styles') %},
        exposure.{{ style }}
        {%- endfor %}

    from held

    inner join {{ ref('rsk_exposures') }} as exposure
        on
            held.security_id = exposure.security_id
            and held.trade_date = exposure.trade_date

    inner join {{ ref('rsk_specific_risk') }} as specific
        on
            held.security_id = specific.security_id
            and held.trade_date = specific.trade_date

    where
        exposure.trade_date between {{ since() }} and {{ until() }}
        and specific.trade_date between {{ since() }} and {{ until() }}
        and specific.shrunk_volatility is not null
        and specific.model_id in (select models.specific_model_id from models)

),

sums as materialized (

    select
        portfolio_id,
        model_id,
        trade_date,
        sum(weight) as weight,
        sum(weighted_variance * weight) as specific_variance,
        sum(weighted_variance * market_weight) as market_specific_covariance,
        array[
            {%- for style in var('styles') %}
            sum(weight * {{ style }}){{ ',' if not loop.last }}
            {%- endfor %}
        ] as styles
    from covered
    group by portfolio_id, model_id, trade_date

),

exposures as (

    select
        portfolio_id,
        model_id,
        trade_date,
        'market' as factor_id,
        weight as exposure
    from sums

    union all

    select
        portfolio_id,
        model_id,
        trade_date,
        risk.sector_factor(sector),
        sum(weight)
    from covered
    group by portfolio_id, model_id, trade_date, sector

    union all

    select
        sums.portfolio_id,
        sums.model_id,
        sums.trade_date,
        style.factor_id,
        style.exposure
    from sums
    cross join lateral unnest({{ text_array(var('styles')) }}, sums.styles)
        as style (factor_id, exposure)

),

days as materialized (

    select
        models.model_id,
        models.specific_model_id,
        day.trade_date,
        day.factor_ids,
        day.covariance
    from models
    inner join {{ ref('rsk_covariances') }} as day on models.model_id = day.model_id
    where
        day.trade_date between {{ since() }} and {{ until() }}
        and day.covariance is not null

),

vectors as (

    select
        sums.portfolio_id,
        days.model_id,
        days.trade_date,
        array_agg(coalesce(exposures.exposure, 0) order by factor.place) as exposures
    from days
    inner join sums
        on
            days.specific_model_id = sums.model_id
            and days.trade_date = sums.trade_date
    cross join lateral unnest(days.factor_ids)
        with ordinality as factor (factor_id, place)
    left join exposures
        on
            sums.portfolio_id = exposures.portfolio_id
            and sums.model_id = exposures.model_id
            and sums.trade_date = exposures.trade_date
            and factor.factor_id = exposures.factor_id
    group by sums.portfolio_id, days.model_id, days.trade_date

),

factor_risk as materialized (

    select
        vectors.portfolio_id,
        vectors.model_id,
        vectors.trade_date,
        vectors.exposures,
        linalg.multiply_vector(days.covariance, vectors.exposures) as covariances
    from vectors
    inner join days
        on
            vectors.model_id = days.model_id
            and vectors.trade_date = days.trade_date

),

counts as (

    select
        portfolio_id,
        trade_date,
        count(*)::integer as n_holdings
    from held
    where portfolio_id <> 0
    group by portfolio_id, trade_date

),

variances as (

    select
        counts.portfolio_id,
        days.model_id,
        days.trade_date,
        counts.n_holdings,
        coalesce(sums.weight, 0) as covered_weight,
        linalg.dot(own.exposures, own.covariances) as factor_variance,
        sums.specific_variance,
        linalg.dot(own.exposures, market.covariances)
        + coalesce(sums.market_specific_covariance, 0) as market_covariance,
        linalg.dot(market.exposures, market.covariances)
        + market_sums.specific_variance as market_variance

    from counts

    inner join days on counts.trade_date = days.trade_date

    left join sums
        on
            counts.portfolio_id = sums.portfolio_id
            and days.specific_model_id = sums.model_id
            and days.trade_date = sums.trade_date

    left join sums as market_sums
        on
            market_sums.portfolio_id = 0
            and days.specific_model_id = market_sums.model_id
            and days.trade_date = market_sums.trade_date

    left join factor_risk as own
        on
            counts.portfolio_id = own.portfolio_id
            and days.model_id = own.model_id
            and days.trade_date = own.trade_date

    left join factor_risk as market
        on
            market.portfolio_id = 0
            and days.model_id = market.model_id
            and days.trade_date = market.trade_date

)

select
    portfolio_id,
    model_id,
    trade_date,
    n_holdings,
    covered_weight,
    sqrt(factor_variance + specific_variance) as total_volatility,
    sqrt(factor_variance) as factor_volatility,
    sqrt(specific_variance) as specific_volatility,
    market_covariance / nullif(market_variance, 0) as beta

from variances
