-- Closed sessions whose bars a source has yet to give for a ticker: from the
-- last one landed (again, so that the new bars join the old ones) or from
-- since on; none when the last one landed is the last one wanted.
-- Parameters: source_id, ticker, is_daily, since, until
with

landed as (

    select greatest(
        (
            select max(trade_date) from raw.daily_bar
            where
                %(is_daily)s
                and ticker = %(ticker)s
                and source_id = %(source_id)s
                and trade_date >= %(since)s
        ),
        (
            select (max(bar_at) at time zone 'America/New_York')::date
            from raw.minute_bar
            where
                not %(is_daily)s
                and ticker = %(ticker)s
                and source_id = %(source_id)s
                and bar_at >= %(since)s
        )
    ) as last_date

),

start as (

    select
        coalesce(last_date, %(since)s) as first_date,
        coalesce(last_date, date '-infinity') as last_date
    from landed

),

wanted as (

    select
        session_date,
        close_at
    from ref.session
    where
        close_at <= now()
        and session_date >= %(since)s
        and session_date <= coalesce(%(until)s, date 'infinity')

)

select
    wanted.session_date,
    wanted.close_at

from wanted

cross join start

where
    wanted.session_date >= start.first_date
    and exists (
        select from wanted as later
        where later.session_date > start.last_date
    )

order by wanted.session_date
