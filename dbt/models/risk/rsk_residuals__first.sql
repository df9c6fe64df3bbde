-- First-pass residuals with their exponentially weighted variance (half-life of 84
-- sessions, up to and including the day), and the weight it gives the name in the
-- second pass of the next session: one over the variance, volatilities below a quarter
-- of the day's root mean square counting as that. A name with fewer than 63 residuals
-- is weighted by the root of its cap, on the scale that the others of the day set.
-- The weights of the average grow by the half-life instead of the past shrinking: a
-- running sum does it, and what was carried is scaled to the day.
-- Grain: one row per security and session.

{{ config(meta={
    'grain': ['security_id', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
    'is_stateful': true
}, indexes=[{'columns': ['trade_date', 'security_id']}]) }}

with

carried as (

    {{ carried(['session_no', 'weight_sum', 'square_sum', 'n_residuals']) }}

),

residuals as (

    {{ specific_returns_of('rsk_regressions__first', 'rsk_panel') }}

),

aged as (

    select
        residuals.*,
        carried.weight_sum as carried_weight,
        carried.square_sum as carried_square,
        carried.n_residuals as carried_n,
        carried.session_no as carried_no,
        first_value(residuals.session_no) over history as first_no
    from residuals
    left join carried on residuals.security_id = carried.security_id
    window history as (
        partition by residuals.security_id order by residuals.trade_date
    )

),

summed as (

    select
        security_id,
        trade_date,
        session_no,
        specific_return as residual,
        (
            coalesce(carried_weight * {{ growth('carried_no - first_no') }}, 0)
            + sum({{ growth('session_no - first_no') }}) over history
        ) * {{ growth('first_no - session_no') }} as weight_sum,
        (
            coalesce(carried_square * {{ growth('carried_no - first_no') }}, 0)
            + sum(
                specific_return ^ 2 * {{ growth('session_no - first_no') }}
            ) over history
        ) * {{ growth('first_no - session_no') }} as square_sum,
        coalesce(carried_n, 0) + count(*) over history as n_residuals
    from aged
    window history as (partition by security_id order by trade_date)

),

measured as materialized (

    select
        summed.*,
        summed.square_sum / summed.weight_sum as specific_variance,
        sqrt(exposure.cap_usd) as root_cap,
        exposure.is_estimated and summed.n_residuals >= 63 as is_measured
    from summed
    left join {{ ref('rsk_exposures') }} as exposure
        on
            summed.security_id = exposure.security_id
            and summed.trade_date = exposure.trade_date

),

days as (

    select
        trade_date,
        avg(specific_variance) / 16 as least_variance,
        sum(1 / nullif(specific_variance, 0))
        filter (where specific_variance > 0) / sum(root_cap) as weight_per_root_cap
    from measured
    where is_measured
    group by trade_date

)

select
    measured.security_id,
    measured.trade_date,
    measured.session_no::double precision as session_no,
    measured.residual,
    measured.weight_sum::double precision as weight_sum,
    measured.square_sum::double precision as square_sum,
    measured.n_residuals::double precision as n_residuals,
    measured.specific_variance::double precision as specific_variance,
    case
        when measured.n_residuals >= 63
            then
                1 / nullif(
                    greatest(measured.specific_variance, days.least_variance), 0
                )
        else measured.root_cap * coalesce(days.weight_per_root_cap, 1)
    end::double precision as next_weight
from measured
left join days on measured.trade_date = days.trade_date
