-- Excess returns of securities over the last sessions up to a day, a row each.
-- Parameters: trade_date, days, security_ids
with

sessions as (

    select distinct trade_date
    from marts.fct_factor_returns
    where trade_date <= %(trade_date)s
    order by trade_date desc
    limit %(days)s

)

select
    sessions.trade_date,
    own.security_id,
    own.excess_return

from sessions

left join marts.fct_specific_returns as own
    on
        sessions.trade_date = own.trade_date
        and own.security_id = any(%(security_ids)s)

order by sessions.trade_date
