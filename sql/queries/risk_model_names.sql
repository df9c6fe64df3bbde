-- Members of a universe on a day, or the securities that tickers mean, with the
-- specific volatility that a risk model forecasts. Of several securities that had a
-- ticker the one covered that day counts, then the active one, then the one listed
-- last. The universe `all` is every name with exposures.
-- Parameters: model, trade_date, universe, tickers
with

wanted as (

    select
        asked.place,
        asked.ticker as asked_ticker,
        security.security_id
    from unnest(%(tickers)s::text[]) with ordinality as asked (ticker, place)
    left join marts.dim_security as security
        -- The rule of ref.normal_ticker, which readers may not call.
        on security.ticker = translate(upper(asked.ticker), './', '--')

    union all

    select
        null,
        null,
        member.security_id
    from marts.fct_universe_members as member
    where
        member.universe = %(universe)s
        and %(trade_date)s >= member.valid_from
        and (member.valid_to is null or %(trade_date)s < member.valid_to)

    union all

    select
        null,
        null,
        exposure.security_id
    from marts.fct_exposures as exposure
    where %(universe)s = 'all' and exposure.trade_date = %(trade_date)s

),

ranked as (

    select
        wanted.place,
        wanted.security_id,
        coalesce(security.ticker, wanted.asked_ticker) as ticker,
        risk.specific_volatility,
        row_number() over (
            partition by wanted.place
            order by
                risk.specific_volatility is null,
                security.is_active desc,
                security.listed_on desc nulls last,
                wanted.security_id desc
        ) as choice

    from wanted

    left join marts.dim_security as security
        on wanted.security_id = security.security_id

    left join marts.fct_specific_risk as risk
        on
            wanted.security_id = risk.security_id
            and risk.trade_date = %(trade_date)s
            and risk.model = %(model)s

)

select
    security_id,
    ticker,
    specific_volatility

from ranked

where place is null or choice = 1

order by place, ticker, security_id
