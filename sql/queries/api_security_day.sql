-- The security a ticker means (the active one, else the one listed last), with the
-- first and latest built day, and the days around the one asked for; around the
-- day of its delisting when none is asked for.
-- Parameters: ticker, trade_date
with

meant as (

    select
        security_id,
        ticker,
        listed_on,
        delisted_on,
        coalesce(%(trade_date)s::date, delisted_on) as asked_on

    from marts.dim_security

    -- The rule of ref.normal_ticker, which readers may not call.
    where ticker = translate(upper(%(ticker)s), './', '--')

    order by is_active desc, listed_on desc nulls last, security_id desc

    limit 1

)

select
    meant.security_id,
    meant.ticker,
    meant.listed_on,
    meant.delisted_on,
    (select min(days.trade_date) from marts.fct_coverage as days) as first_date,
    (select max(days.trade_date) from marts.fct_coverage as days) as latest_date,
    (
        select max(days.trade_date)
        from marts.fct_coverage as days
        where days.trade_date <= meant.asked_on
    ) as date_before,
    (
        select min(days.trade_date)
        from marts.fct_coverage as days
        where days.trade_date >= meant.asked_on
    ) as date_after

from meant
