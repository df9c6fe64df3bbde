-- Factor covariances of every model in force, one matrix a day, each from factor
-- returns up to its day. A model's path goes on from the last state kept before the
-- dates to build; states are kept at month ends and on the last date of a build.
-- Grain: one row per model and session.

{{ config(meta={
    'grain': ['model_id', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps', 'models'],
    'is_stateful': true
}, indexes=[{'columns': ['trade_date']}]) }}

with

models as (

    select
        *,
        (parameters ->> 'window_days')::integer as window_days
    from {{ source('risk', 'model') }}
    where retired_at is null

),

{{ factor_history() }},

kept as (

    {{ kept_states() }}

),

-- What each path reads: the lags before its state, and all after it.
paths as (

    select
        models.model_id,
        models.parameters,
        spans.first_date,
        spans.last_date,
        spans.sectors,
        kept.state,
        input.session_nos,
        input.returns,
        input.n_before

    from models

    inner join spans on true

    left join lateral (
        select
            kept.trade_date,
            kept.state
        from kept
        where
            models.model_id = kept.model_id
            and kept.factor_ids = {{ factor_ids('spans.sectors') }}
        order by kept.trade_date desc
        limit 1
    ) as kept on true

    cross join
        lateral (
            select
                array_agg(vectors.session_no order by vectors.session_no)
                    as session_nos,
                array_agg(vectors.returns order by vectors.session_no) as returns,
                (count(*) filter (
                    where vectors.trade_date <= kept.trade_date
                ))::integer as n_before
            from vectors
            where
                vectors.span_date = spans.first_date
                and (
                    kept.trade_date is null
                    or vectors.trade_date > kept.trade_date
                    or vectors.session_no > (
                        select day.session_no from vectors as day
                        where
                            day.trade_date = kept.trade_date
                            and day.span_date = spans.first_date
                    ) - 20
                )
        ) as input

    where
        models.parameters ->> 'kind' = 'exponential'
        and spans.last_date >= {{ since() }}
        and input.session_nos is not null

),

exponential as (

    select
        paths.model_id,
        paths.first_date,
        paths.last_date,
        paths.sectors,
        path.session_no,
        path.n_days,
        path.covariance,
        path.regime_multiplier,
        path.eigenfactor_biases,
        path.distortion,
        null::double precision as shrinkage,
        path.state

    from paths

    cross join lateral risk.covariance_path(
        paths.parameters, paths.session_nos, paths.returns, paths.n_before, paths.state,
        array(
            select session_no from {{ source('ref', 'session') }}
            where is_month_end and session_no = any(paths.session_nos)
        ),
        (
            select min(session_no) from {{ source('ref', 'session') }}
            where session_date >= {{ since() }}
        )
    ) as path

),

-- The days of windows, the window before the dates to build and a restart of its sums
-- included.
complete as (

    select
        span_date,
        trade_date,
        session_no,
        risk.zero_for_null(returns) as returns,
        row_number() over (partition by span_date order by trade_date) as place,
        count(*) filter (where trade_date < {{ since() }}) over (
            partition by span_date
        ) as n_earlier
    from vectors

),

windows as (

    select
        models.model_id,
        spans.first_date,
        spans.last_date,
        spans.sectors,
        path.session_no,
        models.window_days as n_days,
        path.covariance,
        null::double precision as regime_multiplier,
        null::double precision[] as eigenfactor_biases,
        0::double precision as distortion,
        path.shrinkage,
        null::double precision[] as state

    from models

    inner join spans on true

    cross join
        lateral (
            select
                array_agg(complete.session_no order by complete.place)
                    as session_nos,
                array_agg(complete.returns order by complete.place) as returns
            from complete
            where
                complete.span_date = spans.first_date
                and complete.place > complete.n_earlier - 21 - models.window_days
        ) as input

    cross join
        lateral risk.window_covariance_path(
            models.window_days, input.session_nos, input.returns
        ) as path

    where
        models.parameters ->> 'kind' = 'window'
        and input.session_nos is not null

),

final as (

    select
        path.model_id,
        session.session_date as trade_date,
        {{ factor_ids('path.sectors') }} as factor_ids,
        path.n_days,
        path.covariance,
        path.regime_multiplier,
        path.eigenfactor_biases,
        path.distortion,
        path.shrinkage,
        path.state

    from (
        select * from exponential
        union all
        select * from windows
    ) as path

    inner join {{ source('ref', 'session') }} as session
        on path.session_no = session.session_no

    where
        session.session_date between {{ since() }} and {{ until() }}
        and session.session_date between path.first_date and path.last_date

)

select * from final
