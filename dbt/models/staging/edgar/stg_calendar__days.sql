-- Every calendar day with the session a fact of that day can be used in: on the
-- session on or after it when known by that session's close, else on the next one.
-- A table, because the planner cannot guess how many days a series makes.
-- Grain: one row per calendar day.

{{ config(
    materialized='refill',
    indexes=[{'columns': ['calendar_date'], 'unique': true}]
) }}

with

sessions as (

    select
        session_date,
        close_at,
        lag(session_date) over dates as previous_date,
        lead(session_date) over dates as next_date

    from {{ source('ref', 'session') }}

    window dates as (order by session_date)

),

days as (

    select
        day::date as calendar_date,
        sessions.session_date,
        sessions.close_at,
        case when day = session_date then next_date else session_date end
            as following_date,
        sessions.next_date

    from sessions

    cross join lateral generate_series(
        coalesce(previous_date, session_date - 1) + 1, session_date, interval '1 day'
    ) as day

),

opened as (

    select
        days.calendar_date,
        days.session_date,
        days.close_at,
        days.next_date,
        following.open_at as following_open_at

    from days

    inner join {{ source('ref', 'session') }} as following
        on days.following_date = following.session_date

)

select * from opened
