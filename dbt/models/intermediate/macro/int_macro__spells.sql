-- Macro values with the sessions in which each was the latest word on its observation,
-- and the dates of the earlier observations that it is compared with.
-- An observation first published after a later one is left out: nothing that was
-- known when it came could have been compared with it.
-- Grain: one row per series, observation and spell of sessions.

{{ config(indexes=[{'columns': ['series_id', 'observed_on', 'usable_on']}]) }}

with

observations as (

    select * from {{ ref('stg_fred__observations') }}

),

days as (

    select * from {{ ref('stg_calendar__days') }}

),

series as (

    select
        series_id,
        frequency,
        case frequency
            when 'd' then 7
            when 'w' then 21
            when 'm' then 75
            when 'q' then 200
            else 400
        end as max_age_days,
        -- Days that one period can span, and by how much a calendar step may miss.
        case frequency
            when 'd' then 2 when 'w' then 7 when 'm' then 31 when 'q' then 92 else 366
        end as period_days,
        case frequency
            when 'd' then 10 when 'w' then 10 when 'm' then 15 else 45
        end as slack_days

    from {{ ref('fred_series') }}

),

-- Usable from the first session that closes after the publication.
usable as (

    select
        observations.*,
        case
            when days.session_date is null
                then (observations.known_at at time zone 'America/New_York')::date
            when observations.known_at <= days.close_at then days.session_date
            else days.next_date
        end as usable_on

    from observations

    left join days
        on
            (observations.known_at at time zone 'America/New_York')::date
            = days.calendar_date

    -- Sessions begin in 1990 and look back 1,900 days.
    where observations.observed_on >= date '1984-01-01'

),

first_known as (

    select
        series_id,
        observed_on,
        min(usable_on) as first_usable_on

    from usable

    group by series_id, observed_on

),

ordered as (

    select
        *,
        -- From the newest back: a frame that only grows is read once.
        min(first_usable_on) over (
            partition by series_id
            order by observed_on desc
            rows between unbounded preceding and 1 preceding
        ) as later_usable_on

    from first_known

),

neighbours as (

    select
        ordered.series_id,
        ordered.observed_on,
        lag(ordered.observed_on, 1) over series_dates as observed_1,
        lag(ordered.observed_on, 3) over series_dates as observed_3,
        lag(ordered.observed_on, 12) over series_dates as observed_12,
        max(ordered.observed_on) over (
            series_dates
            range between unbounded preceding and interval '3 months' preceding
        ) as observed_3m,
        max(ordered.observed_on) over (
            series_dates
            range between unbounded preceding and interval '1 year' preceding
        ) as observed_1y

    from ordered

    where
        ordered.later_usable_on is null
        or ordered.first_usable_on <= ordered.later_usable_on

    window series_dates as (partition by series_id order by observed_on)

),

framed as (

    select
        neighbours.*,
        series.frequency,
        series.max_age_days,
        series.period_days,
        series.slack_days

    from neighbours

    inner join series
        on neighbours.series_id = series.series_id

),

-- A gap in the observations is a missing comparison, not a longer one.
compared as (

    select
        series_id,
        observed_on,
        max_age_days,
        case
            when observed_on - observed_1 <= period_days + 5 then observed_1
        end as observed_1,
        case
            when observed_on - observed_3 <= 3 * period_days + 5 then observed_3
        end as observed_3,
        case
            when frequency <> 'a' and observed_on - observed_12 <= 12 * period_days
                then observed_12
        end as observed_12,
        case
            when observed_on - observed_3m <= 92 + slack_days then observed_3m
        end as observed_3m,
        case
            when observed_on - observed_1y <= 366 + slack_days then observed_1y
        end as observed_1y

    from framed

),

spells as (

    select
        usable.series_id,
        usable.pit_grade,
        usable.observed_on,
        usable.value,
        usable.known_at,
        usable.usable_on,
        lead(usable.usable_on) over (
            partition by usable.series_id, usable.observed_on
            order by usable.known_at
        ) as replaced_on,
        usable.expected_on + compared.max_age_days as expires_on,
        compared.observed_1,
        compared.observed_3,
        compared.observed_12,
        compared.observed_3m,
        compared.observed_1y

    from usable

    inner join compared
        on
            usable.series_id = compared.series_id
            and usable.observed_on = compared.observed_on

),

-- Of two vintages that become usable in the same session the later one stands.
standing as (

    select *
    from spells
    where replaced_on is null or usable_on < replaced_on

)

select * from standing
