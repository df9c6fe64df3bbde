-- Declared corporate actions by security; the newest load of an action wins.
-- Grain: one row per security, ex-date and kind.

with

resolved as (

    select
        range.security_id,
        action.ex_date,
        action.kind,
        action.ratio,
        action.amount_usd,
        action.delisting_return,
        action.delisting_reason,
        action.load_id

    from {{ source('raw', 'corporate_action') }} as action

    inner join {{ source('ref', 'ticker_range') }} as range
        on
            ref.normal_ticker(action.ticker) = range.ticker
            and action.ex_date >= range.valid_from
            and action.ex_date < range.valid_to

),

newest as (

    select distinct on (security_id, ex_date, kind) *
    from resolved
    order by security_id, ex_date, kind, load_id desc

)

select * from newest
