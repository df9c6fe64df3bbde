-- A risk model's covariance of factor returns on one day, over a horizon, with the
-- volatilities and correlations in it; null where a volatility is 0.
-- Parameters: model, trade_date, horizon_days
with

day as (

    select * from risk.factor_covariance(
        %(model)s, %(trade_date)s, %(horizon_days)s
    )

),

volatilities as (

    select
        place,
        sqrt(day.covariance[place][place]) as volatility
    from day
    cross join generate_subscripts(day.factor_ids, 1) as place

),

lines as (

    select
        one.place,
        one.volatility,
        array_agg(
            day.covariance[one.place][other.place]
            / nullif(one.volatility * other.volatility, 0)
            order by other.place
        ) as correlations
    from day
    cross join volatilities as one
    cross join volatilities as other
    group by one.place, one.volatility

)

select
    day.model,
    day.trade_date,
    %(horizon_days)s::integer as horizon_days,
    day.factor_ids,
    day.covariance,
    (select array_agg(volatility order by place) from lines) as volatilities,
    (select array_agg(correlations order by place) from lines) as correlation

from day
