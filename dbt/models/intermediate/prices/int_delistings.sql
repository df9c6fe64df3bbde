-- Delistings as a last return, on the session after the last bar. The final
-- return if given; else -30 % when the firm failed (Shumway, 1997) and 0 for
-- mergers: flagged, never dropped.
-- Grain: one row per delisted security.

with

last_action as (

    select distinct on (security_id) *
    from {{ ref('stg_actions__corporate') }}
    where kind = 'delisting'
    order by security_id, ex_date desc

),

last_bar as (

    select
        action.security_id,
        action.delisting_return,
        action.delisting_reason,
        bar.trade_date as prev_date

    from last_action as action

    inner join lateral (
        select max(current_bar.trade_date) as trade_date
        from {{ source('raw', 'daily_bar_current') }} as current_bar
        where current_bar.security_id = action.security_id
    ) as bar on true

    where bar.trade_date is not null

),

dated as (

    select
        last_bar.security_id,
        (
            select min(session.session_date)
            from {{ source('ref', 'session') }} as session
            where session.session_date > last_bar.prev_date
        ) as trade_date,
        last_bar.prev_date,
        last_bar.delisting_reason,
        coalesce(
            last_bar.delisting_return,
            case last_bar.delisting_reason
                when 'performance' then -0.3
                when 'merger' then 0
            end
        ) as delisting_return,
        last_bar.delisting_return is null as is_imputed

    from last_bar

)

select * from dated
