-- Specific risk of every model in force. Models with the same parameters for it share
-- rows, under the lowest model_id, retired ones included, so that it never moves
-- (marts.dim_risk_model says which).
--   1. Time series: exponentially weighted second moments of specific returns with
--      Newey-West lags (Bartlett), or those of an equally weighted window.
--   2. Structural: what the name's size, residual volatility, beta and liquidity
--      suggest, by a regression of log volatilities over names with full history,
--      weighted by root cap, and scaled to their mean. It stands in where history is
--      short: in full below specific_least_days, not at all from specific_full_days.
--   3. Shrunk towards the cap-weighted mean of the cap decile, the more the further
--      away: v = q |s - mean| / (q |s - mean| + deviation of the decile).
--   4. Regime: times the exponentially weighted cap-weighted mean of squared specific
--      returns over what step 3 forecast the day before.
-- States (the sums of step 1) are kept at month ends and on the last date of a build.
-- Grain: one row per model, security and session.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology, section 5.
-- noqa: disable=LT02
-- (The linter takes a loop's end for an indent.)

{% set lags = [1, 2, 3, 4, 5] %}
{% set regressors = ['size', 'residual_volatility', 'beta', 'liquidity'] %}

{{ config(meta={
    'grain': ['model_id', 'security_id', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps', 'models'],
    'is_stateful': true
}, pre_hook=joined_by_hash(), indexes=[
    {'columns': ['trade_date', 'model_id']},
    {'columns': ['model_id', 'security_id', 'trade_date']}
]) }}

with

parameters as (

    select
        model_id,
        parameters ->> 'kind' as kind,
        (parameters ->> 'specific_half_life')::double precision as half_life,
        (parameters ->> 'specific_lags')::integer as n_lags,
        (parameters ->> 'window_days')::integer as window_days,
        (parameters ->> 'specific_shrinkage')::double precision as shrinkage,
        (parameters ->> 'specific_least_days')::double precision as least_days,
        (parameters ->> 'specific_full_days')::double precision as full_days,
        (parameters ->> 'regime_half_life')::double precision as regime_half_life,
        retired_at is null as is_in_force
    from {{ source('risk', 'model') }}

),

models as (

    select
        min(model_id) as model_id,
        kind,
        half_life,
        n_lags,
        window_days,
        shrinkage,
        least_days,
        full_days,
        regime_half_life
    from parameters
    group by
        kind, half_life, n_lags, window_days, shrinkage, least_days, full_days,
        regime_half_life
    having bool_or(is_in_force)

),

kept as (

    {{ kept_specific_states(lags) }}

),

-- Each residual with those of the sessions before it, where there is one; what was
-- summed already counts as a lag only.
residuals as (

    select
        models.model_id,
        residual.security_id,
        residual.trade_date,
        residual.session_no,
        residual.specific_return,
        case
            when residual.trade_date <= kept.trade_date then 0
            when models.kind = 'window' then 1
            else {{ growth('residual.session_no', 'models.half_life') }}
        end as growth,
        (
            not coalesce(residual.trade_date <= kept.trade_date, false)
        )::integer as is_new,
        models.kind,
        models.n_lags,
        models.window_days,
        coalesce(kept.n_days, 0) as kept_n,
        coalesce(kept.weight_sum, 0) as kept_weight,
        coalesce(kept.sum_0, 0) as kept_0
        {%- for lag in lags %},
        coalesce(kept.sum_{{ lag }}, 0) as kept_{{ lag }},
        case
            when
                lag(residual.session_no, {{ lag }}) over history
                = residual.session_no - {{ lag }}
                then lag(residual.specific_return, {{ lag }}) over history
        end as lag_{{ lag }}
    {%- endfor %}

    from models

    inner join {{ ref('rsk_specific_returns') }} as residual
        on residual.trade_date <= {{ until() }}

    left join kept
        on
            models.model_id = kept.model_id
            and residual.security_id = kept.security_id

    where
        models.kind = 'exponential'
        and residual.trade_date > coalesce(kept.trade_date - 15, '-infinity')

    window history as (
        partition by models.model_id, residual.security_id order by residual.trade_date
    )

),

summed as (

    select
        model_id,
        security_id,
        trade_date,
        session_no,
        specific_return,
        n_lags,
        kept_n + sum(is_new) over history as n_days,
        kept_weight + sum(growth) over history as weight_sum,
        kept_0 + sum(growth * specific_return ^ 2) over history as sum_0
        {%- for lag in lags %},
        kept_{{ lag }} + coalesce(
            sum(growth * specific_return * lag_{{ lag }}) over history, 0
        ) as sum_{{ lag }}
    {%- endfor %}
    from residuals
    window history as (partition by model_id, security_id order by trade_date)

),

exponential as (

    select
        model_id,
        security_id,
        trade_date,
        session_no,
        specific_return,
        n_days,
        greatest(
            sum_0
            {%- for lag in lags %}
            + 2 * greatest(1 - {{ lag }} / (n_lags + 1.0::double precision), 0)
            * sum_{{ lag }}
            {%- endfor %},
            0.1 * sum_0
        ) / weight_sum as variance,
        weight_sum,
        sum_0
        {%- for lag in lags %},
        sum_{{ lag }}
    {%- endfor %}
    from summed
    where trade_date >= {{ since() }}

),

-- A window is a difference of running sums, so that its width costs nothing.
running as (

    select
        models.model_id,
        models.window_days,
        residual.security_id,
        residual.trade_date,
        residual.session_no,
        residual.specific_return,
        row_number() over history as n_days,
        sum(residual.specific_return ^ 2) over history as sum_0
    from models
    inner join {{ ref('rsk_specific_returns') }} as residual
        on
            residual.trade_date <= {{ until() }}
            and residual.trade_date > {{ since() }} - models.window_days * 3 / 2 - 30
    where models.kind = 'window'
    window history as (
        partition by models.model_id, residual.security_id order by residual.trade_date
    )

),

windows as (

    select
        today.model_id,
        today.security_id,
        today.trade_date,
        today.session_no,
        today.specific_return,
        least(today.n_days, today.window_days) as n_days,
        greatest(today.sum_0 - coalesce(start.sum_0, 0), 0)
        / least(today.n_days, today.window_days) as variance,
        null::double precision as weight_sum,
        null::double precision as sum_0
        {%- for lag in lags %},
        null::double precision as sum_{{ lag }}
    {%- endfor %}
    from running as today
    left join running as start
        on
            today.model_id = start.model_id
            and today.security_id = start.security_id
            and today.n_days - today.window_days = start.n_days
    where today.trade_date >= {{ since() }}

),

series as (

    select * from exponential
    union all
    select * from windows

),

covered as materialized (

    select
        models.model_id,
        models.shrinkage,
        models.regime_half_life,
        exposure.security_id,
        exposure.trade_date,
        session.session_no,
        exposure.cap_usd,
        sqrt(exposure.cap_usd) as w,
        exposure.is_estimated,
        {%- for style in regressors %}
        exposure.{{ style }},
        {%- endfor %}
        series.specific_return,
        coalesce(series.n_days, 0) as n_days,
        sqrt(series.variance) as series_volatility,
        case
            when series.variance > 0
                then
                    least(greatest(
                        (series.n_days - models.least_days)
                        / (models.full_days - models.least_days), 0
                    ), 1)
            else 0
        end as series_share,
        series.weight_sum,
        series.sum_0
        {%- for lag in lags %},
        series.sum_{{ lag }}
    {%- endfor %}

    from models

    inner join {{ ref('rsk_exposures') }} as exposure
        on exposure.trade_date between {{ since() }} and {{ until() }}

    inner join {{ source('ref', 'session') }} as session
        on exposure.trade_date = session.session_date

    left join series
        on
            models.model_id = series.model_id
            and exposure.security_id = series.security_id
            and exposure.trade_date = series.trade_date

),

-- Normal equations of log volatility, with a ridge that only matters to a style
-- without any variation.
structures as (

    select
        model_id,
        trade_date,
        case
            when count(*) >= 30
                then
                    linalg.solve_symmetric(
                        array[
                            {%- for one in ['1'] + regressors %}
                            array[
                                {%- for other in ['1'] + regressors %}
                                sum(w * {{ one }} * {{ other }})
                                {{- ' + 1e-8 * sum(w)' if one == other }}
                                {{- ', ' if not loop.last }}
                                {%- endfor %}
                            ]{{ ',' if not loop.last }}
                            {%- endfor %}
                        ],
                        array[
                            {%- for one in ['1'] + regressors %}
                            sum(w * {{ one }} * ln(series_volatility))
                            {{- ', ' if not loop.last }}
                            {%- endfor %}
                        ]
                    )
        end as slopes
    from covered
    where is_estimated and series_share = 1
    group by model_id, trade_date

),

suggested as (

    select
        covered.*,
        exp(
            structures.slopes[1]
            {%- for style in regressors %}
            + structures.slopes[{{ loop.index + 1 }}] * covered.{{ style }}
            {%- endfor %}
        ) as suggestion
    from covered
    left join structures
        on
            covered.model_id = structures.model_id
            and covered.trade_date = structures.trade_date

),

scales as (

    select
        model_id,
        trade_date,
        sum(w * series_volatility) / sum(w * suggestion) as scale
    from suggested
    where is_estimated and series_share = 1
    group by model_id, trade_date

),

blended as (

    select
        suggested.*,
        suggested.suggestion * scales.scale as structural_volatility,
        case
            when suggested.series_share = 1 then suggested.series_volatility
            else
                coalesce(suggested.series_share * suggested.series_volatility, 0)
                + (1 - suggested.series_share) * suggested.suggestion * scales.scale
        end as volatility,
        ntile(10) over (
            partition by suggested.model_id, suggested.trade_date
            order by suggested.cap_usd, suggested.security_id
        ) as decile
    from suggested
    left join scales
        on
            suggested.model_id = scales.model_id
            and suggested.trade_date = scales.trade_date

),

deciles as (

    select
        model_id,
        trade_date,
        decile,
        sum(cap_usd * volatility) / sum(cap_usd) as mean,
        stddev_pop(volatility) as deviation,
        avg(volatility) as plain_mean
    from blended
    where volatility is not null
    group by model_id, trade_date, decile

),

shrunk as materialized (

    select
        blended.*,
        blended.volatility + coalesce(
            blended.shrinkage * abs(blended.volatility - deciles.mean)
            / nullif(
                blended.shrinkage * abs(blended.volatility - deciles.mean)
                + sqrt(
                    deciles.deviation ^ 2 + (deciles.plain_mean - deciles.mean) ^ 2
                ), 0
            ) * (deciles.mean - blended.volatility), 0
        ) as shrunk_volatility
    from blended
    left join deciles
        on
            blended.model_id = deciles.model_id
            and blended.trade_date = deciles.trade_date
            and blended.decile = deciles.decile

),

-- Yesterday's forecasts: of the dates to build, and of the session before them.
forecasts as (

    select
        model_id,
        security_id,
        session_no,
        cap_usd,
        shrunk_volatility
    from shrunk
    where is_estimated

    union all

    {{ last_specific_forecasts() }}

),

surprises as (

    select
        shrunk.model_id,
        shrunk.trade_date,
        shrunk.session_no,
        shrunk.regime_half_life,
        sum(
            forecasts.cap_usd
            * (shrunk.specific_return / forecasts.shrunk_volatility) ^ 2
        ) / sum(forecasts.cap_usd) as mean_square
    from shrunk
    inner join forecasts
        on
            shrunk.model_id = forecasts.model_id
            and shrunk.security_id = forecasts.security_id
            and shrunk.session_no - 1 = forecasts.session_no
    where
        shrunk.regime_half_life is not null
        and shrunk.specific_return is not null
        and forecasts.shrunk_volatility > 0
    group by
        shrunk.model_id, shrunk.trade_date, shrunk.session_no, shrunk.regime_half_life

),

kept_regimes as (

    {{ last_specific_regimes() }}

),

regimes as (

    select
        surprises.model_id,
        surprises.trade_date,
        coalesce(kept.regime_sum, 0) + sum(
            surprises.mean_square
            * {{ growth('surprises.session_no', 'surprises.regime_half_life') }}
        ) over history as regime_sum,
        coalesce(kept.regime_weight, 0) + sum(
            {{ growth('surprises.session_no', 'surprises.regime_half_life') }}
        ) over history as regime_weight,
        coalesce(kept.regime_days, 0) + count(*) over history as regime_days
    from surprises
    left join kept_regimes as kept on surprises.model_id = kept.model_id
    window history as (
        partition by surprises.model_id order by surprises.trade_date
    )

),

final as (

    select
        shrunk.model_id,
        shrunk.security_id,
        shrunk.trade_date,
        shrunk.session_no,
        shrunk.cap_usd,
        shrunk.is_estimated,
        shrunk.n_days::integer as n_days,
        shrunk.series_share,
        shrunk.series_volatility,
        shrunk.structural_volatility,
        shrunk.shrunk_volatility,
        regimes.regime_days::integer as regime_days,
        regimes.regime_sum,
        regimes.regime_weight,
        case
            when regimes.regime_days >= 42
                then sqrt(regimes.regime_sum / regimes.regime_weight)
            else 1
        end as regime_multiplier,
        case
            when session.is_month_end or shrunk.trade_date = {{ until() }}
                then shrunk.weight_sum
        end as weight_sum,
        case
            when session.is_month_end or shrunk.trade_date = {{ until() }}
                then shrunk.sum_0
        end as sum_0
        {%- for lag in lags %},
        case
            when session.is_month_end or shrunk.trade_date = {{ until() }}
                then shrunk.sum_{{ lag }}
        end as sum_{{ lag }}
    {%- endfor %}

    from shrunk

    inner join {{ source('ref', 'session') }} as session
        on shrunk.trade_date = session.session_date

    left join regimes
        on
            shrunk.model_id = regimes.model_id
            and shrunk.trade_date = regimes.trade_date

    -- Before anything is known of specific risk there is no row.
    where shrunk.shrunk_volatility is not null or shrunk.weight_sum is not null

)

select * from final
