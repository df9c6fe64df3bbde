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

-- A release falls on a business day: a session, but not Columbus or Veterans Day,
-- on which stocks trade and the agencies rest.
release_days as (

    select
        calendar_date,
        case
            when
                to_char(session_date, 'ID') = '1'
                and to_char(session_date, 'MMDD') between '1008' and '1014'
                then next_date
            when
                to_char(session_date, 'MMDD') = '1111'
                or to_char(session_date, 'MMDD ID') = '1112 1'
                then next_date
            else session_date
        end as release_date

    from {{ ref('stg_calendar__days') }}

),

observations as (

    select * from {{ source('raw', 'fred_observation') }}

),

loads as (

    select
        load_id,
        series_id,
        min(realtime_start) as first_vintage,
        max(realtime_start) as last_vintage,
        bool_and(realtime_end = realtime_start) as is_one_day,
        count(*) as n_rows

    from observations

    group by load_id, series_id

),

graded as (

    select
        load_id,
        series_id,
        last_vintage is null or (
            first_vintage = last_vintage
            and n_rows > 1
            and (
                is_one_day
                or first_vintage
                = min(first_vintage) over (partition by series_id)
            )
        ) as is_snapshot

    from loads

),

-- Where a series has vintages, snapshots of it add only hindsight.
used_loads as (

    select
        load_id,
        series_id,
        is_snapshot,
        bool_and(is_snapshot) over (partition by series_id) as is_lagged

    from graded

),

chosen as (

    select
        observations.series_id,
        observations.observed_on,
        case when not used_loads.is_lagged then observations.realtime_start end
            as vintage,
        observations.value,
        observations.load_id,
        used_loads.is_lagged

    from observations

    inner join used_loads
        on
            observations.load_id = used_loads.load_id
            and observations.series_id = used_loads.series_id

    where used_loads.is_lagged or not used_loads.is_snapshot

),

latest as (

    select distinct on (series_id, observed_on, vintage) *
    from chosen
    order by series_id asc, observed_on asc, vintage asc, load_id desc

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

released as (

    select
        expected.*,
        coalesce(release_days.release_date, expected.lagged_on) as expected_on

    from expected

    left join release_days
        on expected.lagged_on = release_days.calendar_date

),

dated as (

    select
        series_id,
        observed_on,
        (
            case when is_lagged then expected_on else vintage end
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
