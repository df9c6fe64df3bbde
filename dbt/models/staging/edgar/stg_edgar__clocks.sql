-- Which clock an EDGAR submissions file was written by. `acceptanceDateTime`
-- always ends in Z, but in part of the files it is New York time. EDGAR accepts
-- filings from 06:00 to 22:00 New York, and what arrives after 17:30 gets the next
-- business day's filing date: each reading is judged by how often it breaks these.
-- Files before 2003 hold dates without a time of day and prove nothing.
-- Grain: one row per load and filer.

with

-- Materialized: both readings are looked at several times, and parsing them is
-- most of the work.
readings as materialized (

    select
        load_id,
        cik,
        form in ('10-K', '10-Q', '8-K', '20-F') as has_evening_cutoff,
        filing_date,
        left(acceptance, 19)::timestamp as wall,
        (left(acceptance, 19) || 'Z')::timestamptz
        at time zone 'America/New_York' as new_york

    from {{ source('raw', 'filing') }}

    where
        acceptance ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d'
        and filing_date >= date '2003-01-01'

),

counted as (

    select
        load_id,
        cik,
        count(*) as n_filings,

        count(*) filter (
            where
            new_york::time not between '06:00' and '22:01'
            or (
                has_evening_cutoff
                and new_york::time > '17:31'
                and new_york::date = filing_date
            )
        ) as n_broken_as_utc,

        count(*) filter (
            where
            wall::time not between '06:00' and '22:01'
            or (
                has_evening_cutoff
                and wall::time > '17:31'
                and wall::date = filing_date
            )
        ) as n_broken_as_new_york

    from readings

    where wall::time <> '00:00' and new_york::time <> '00:00'

    group by load_id, cik

),

decided as (

    select
        *,
        case
            when
                n_broken_as_new_york >= 2
                and n_broken_as_new_york > 2 * n_broken_as_utc
                then 'utc'
            when
                n_broken_as_utc >= 2
                and n_broken_as_utc > 2 * n_broken_as_new_york
                then 'new_york'
            else 'unclear'
        end as clock

    from counted

)

select * from decided
