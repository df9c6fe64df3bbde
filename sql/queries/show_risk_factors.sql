-- Factors of a risk model on one day it covers: forecast volatility a year of 252
-- sessions, returns compounded over the last sessions, and the share of the last 252
-- on which the return was significant (t-statistic beyond 2).
-- Parameters: model, trade_date
with

wanted as (

    select * from risk.factor_covariance(%(model)s, %(trade_date)s, 252)

),

sessions as (

    select
        regression.trade_date,
        row_number() over (order by regression.trade_date desc) as age
    from marts.fct_regressions as regression
    inner join wanted
        on regression.trade_date <= wanted.trade_date
    order by regression.trade_date desc
    limit 252

),

spans as (

    select
        min(trade_date) as first_date,
        max(trade_date) as last_date
    from sessions

),

returns as (

    select
        own.factor_id,
        max(own.factor_return) filter (where sessions.age = 1) as return_1d,
        exp(sum(ln(1 + own.factor_return)) filter (where sessions.age <= 21)) - 1
            as return_21d,
        exp(sum(ln(1 + own.factor_return))) - 1 as return_252d,
        avg((abs(own.t_stat) > 2)::integer)::double precision as t_stat_share
    from spans
    inner join marts.fct_factor_returns as own
        on own.trade_date between spans.first_date and spans.last_date
    inner join sessions
        on own.trade_date = sessions.trade_date
    where own.factor_return > -1
    group by own.factor_id

)

select
    factor.factor_id,
    factor.factor_kind,
    sqrt(wanted.covariance[i][i]) as volatility_1y,
    returns.return_1d,
    returns.return_21d,
    returns.return_252d,
    returns.t_stat_share

from wanted

cross join generate_subscripts(wanted.factor_ids, 1) as i

inner join marts.dim_risk_factor as factor
    on wanted.factor_ids[i] = factor.factor_id

left join returns
    on factor.factor_id = returns.factor_id

order by factor.place
