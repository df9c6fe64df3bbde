-- The latest observation of each macro series at each session's close, with earlier
-- observations as they stood at the same moment. A series whose latest observation
-- is too old has no row.
-- Grain: one row per series and session.

{{ config(materialized='interval') }}

with

-- What can matter within the dates: twelve quarters, and the 800 days for which no
-- observation is the latest word.
spells as (

    select *
    from {{ ref('int_macro__spells') }}
    where
        usable_on <= {{ until() }}
        and observed_on >= {{ since() }} - 1900

),

sessions as (

    select session_date
    from {{ source('ref', 'session') }}
    where session_date between {{ since() }} and {{ until() }}

),

-- The sessions in which something about a series becomes usable, and its newest
-- observation from then on.
arrivals as (

    select
        series_id,
        usable_on,
        max(max(observed_on)) over by_arrival as observed_on,
        lead(usable_on) over by_arrival as next_usable_on

    from spells

    group by series_id, usable_on

    window by_arrival as (partition by series_id order by usable_on)

),

due as (

    select *
    from arrivals
    where next_usable_on is null or next_usable_on > {{ since() }}

),

known as (

    select
        due.series_id,
        due.usable_on,
        due.next_usable_on,
        latest.observed_on,
        latest.known_at,
        latest.expires_on,
        latest.pit_grade,
        latest.value,
        one.value as value_1_period_earlier,
        three.value as value_3_periods_earlier,
        twelve.value as value_12_periods_earlier,
        quarter.value as value_3_months_earlier,
        year.value as value_1_year_earlier

    from due

    inner join spells as latest
        on
            due.series_id = latest.series_id
            and due.observed_on = latest.observed_on
            and due.usable_on >= latest.usable_on
            and (latest.replaced_on is null or due.usable_on < latest.replaced_on)

    left join spells as one
        on
            due.series_id = one.series_id
            and latest.observed_1 = one.observed_on
            and due.usable_on >= one.usable_on
            and (one.replaced_on is null or due.usable_on < one.replaced_on)

    left join spells as three
        on
            due.series_id = three.series_id
            and latest.observed_3 = three.observed_on
            and due.usable_on >= three.usable_on
            and (three.replaced_on is null or due.usable_on < three.replaced_on)

    left join spells as twelve
        on
            due.series_id = twelve.series_id
            and latest.observed_12 = twelve.observed_on
            and due.usable_on >= twelve.usable_on
            and (twelve.replaced_on is null or due.usable_on < twelve.replaced_on)

    left join spells as quarter
        on
            due.series_id = quarter.series_id
            and latest.observed_3m = quarter.observed_on
            and due.usable_on >= quarter.usable_on
            and (quarter.replaced_on is null or due.usable_on < quarter.replaced_on)

    left join spells as year
        on
            due.series_id = year.series_id
            and latest.observed_1y = year.observed_on
            and due.usable_on >= year.usable_on
            and (year.replaced_on is null or due.usable_on < year.replaced_on)

),

by_session as (

    select
        known.series_id,
        sessions.session_date as trade_date,
        known.observed_on,
        known.known_at,
        known.pit_grade,
        known.value,
        known.value_1_period_earlier,
        known.value_3_periods_earlier,
        known.value_12_periods_earlier,
        known.value_3_months_earlier,
        known.value_1_year_earlier

    from known

    inner join sessions
        on
            known.usable_on <= sessions.session_date
            and known.expires_on >= sessions.session_date
            and (
                known.next_usable_on is null
                or known.next_usable_on > sessions.session_date
            )

)

select * from by_session
