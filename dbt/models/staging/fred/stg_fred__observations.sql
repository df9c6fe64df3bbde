-- FRED observations with the moment the world could know each value.
-- A series with vintages is known by them, at the release's time of day. A file
-- without vintages, or with only the one of the day it was retrieved, says what is
-- believed now: such a series is dated by its publication lag and marked lagged.
-- Grain: one row per series, observation and vintage; per series and observation
-- where the series has no vintages.

with

series as (

    select
        *,
        case frequency
            when 'm' then interval '1 month'
            when 'q' then interval '3 months'
            when 'a' then interval '1 year'
            else interval '1 day'
        end as period

    from {{ ref('fred_series') }}

),

days as (

    select * from {{ ref('stg_calendar__days') }}

),

observations as (

    select
        *,
        min(realtime_start) over load_series as first_of_load,
        max(realtime_start) over load_series as last_of_load,
        bool_and(realtime_end = realtime_start) over load_series as is_one_day,
        count(*) over load_series as n_in_load,
        min(realtime_start) over (partition by series_id) as first_of_series

    from {{ source('raw', 'fred_observation') }}

    window load_series as (partition by load_id, series_id)

),

graded as (

    select
        series_id,
        observed_on,
        realtime_start,
        value,
        load_id,
        realtime_start is null or (
            first_of_load = last_of_load
            and n_in_load > 1
            and (is_one_day or first_of_load = first_of_series)
        ) as is_snapshot

    from observations

),

-- Where a series has vintages, snapshots of it add only hindsight.
chosen as (

    select
        *,
        bool_and(is_snapshot) over (partition by series_id) as is_lagged

    from graded

),

latest as (

    select distinct on (
        series_id, observed_on, case when not is_lagged then realtime_start end
    )
        *

    from chosen

    where is_lagged or not is_snapshot

    order by
        series_id,
        observed_on,
        case when not is_lagged then realtime_start end,
        load_id desc

),

expected as (

    select
        latest.*,
        series.release_time_new_york,
        case
            when series.lag_counts_from = 'date' then latest.observed_on
            else (latest.observed_on + series.period)::date - 1
        end + series.publication_lag_days as lagged_on

    from latest

    inner join series
        on latest.series_id = series.series_id

),

-- A release falls on a business day: a session, but not Columbus or Veterans Day,
-- on which stocks trade and the agencies rest.
released as (

    select
        expected.*,
        case
            when days.session_date is null then expected.lagged_on
            when
                to_char(days.session_date, 'ID') = '1'
                and to_char(days.session_date, 'MMDD') between '1008' and '1014'
                then days.next_date
            when
                to_char(days.session_date, 'MMDD') = '1111'
                or to_char(days.session_date, 'MMDD ID') = '1112 1'
                then days.next_date
            else days.session_date
        end as expected_on

    from expected

    left join days
        on expected.lagged_on = days.calendar_date

),

dated as (

    select
        series_id,
        observed_on,
        (
            case when is_lagged then expected_on else realtime_start end
            + release_time_new_york
        ) at time zone 'America/New_York' as known_at,
        value,
        is_lagged,
        case when is_lagged then 'lagged_latest' else 'vintage' end as pit_grade,
        expected_on,
        load_id

    from released

    where value is not null

)

select * from dated
