-- How factors predicted returns: a researcher's first question, per universe and
-- horizon. Newey-West: the Bartlett-weighted sum of autocovariances up to `lags` is
-- the mean square of sums over lags + 1 neighbours, so one running sum gives it; the
-- sums that reach beyond either end count what they have.
-- Grain: one row per factor, universe and horizon.

with

sequenced as (

    select
        *,
        ic - avg(ic) over (partition by factor_id, universe, horizon_days) as excess,
        row_number() over history as period_no,
        count(*) over (partition by factor_id, universe, horizon_days) as n,
        case horizon_days
            when 1 then {{ holding_steps(1) }}
            when 5 then {{ holding_steps(5) }}
            when 21 then {{ holding_steps(21) }}
        end as lags
    from {{ ref('int_factor_ic__daily') }}
    where ic is not null
    window history as (
        partition by factor_id, universe, horizon_days order by signal_date
    )

),

accumulated as (

    select
        *,
        sum(excess) over history as cum_excess
    from sequenced
    window history as (
        partition by factor_id, universe, horizon_days order by signal_date
    )

),

neighbours as (

    select
        *,
        cum_excess - lag(cum_excess, lags + 1, 0::double precision) over history
            as sum_of_neighbours,
        case when period_no >= n - lags then cum_excess else 0 end as sum_beyond_the_end
    from accumulated
    window history as (
        partition by factor_id, universe, horizon_days order by signal_date
    )

),

final as (

    select
        factor_id,
        universe,
        horizon_days,
        count(*)::integer as n_periods,
        avg(ic) as mean_ic,
        stddev_samp(ic) as ic_std,
        avg(ic) / nullif(
            sqrt(
                sum(sum_of_neighbours ^ 2 + sum_beyond_the_end ^ 2)
                / (max(lags) + 1)
            ) / count(*), 0
        ) as ic_tstat_nw,
        avg((ic > 0)::integer::double precision) as ic_hit_rate,
        avg(best_return - worst_return) as decile_spread,
        avg(turnover) as turnover,
        min(signal_date) as first_date,
        max(signal_date) as last_date

    from neighbours

    group by factor_id, universe, horizon_days

)

select * from final
