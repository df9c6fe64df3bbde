-- XBRL facts as filed: companyfacts, and the Financial Statement Data Sets for
-- filings that companyfacts does not have. `known_at` is the filing's acceptance; a
-- fact of which only the filing date is known counts from the next session's open.
-- The data sets give a period as its end (rounded to a month's end) and a number of
-- quarters; its start is counted back by months.
-- Grain: one row per filer, concept, unit, period, accession and load.

with

companyfacts as (

    select * from {{ source('raw', 'company_fact') }}

),

filings as (

    select * from {{ ref('stg_edgar__filings') }} where is_first_filer

),

data_set_filings as (

    select distinct on (adsh)
        adsh,
        cik,
        form,
        filed

    from {{ source('raw', 'fsds_sub') }} as submission

    where
        not exists (
            select from {{ source('raw', 'company_fact') }} as fact
            where fact.cik = submission.cik and fact.accession = submission.adsh
        )

    order by adsh, load_id desc

),

data_set_facts as (

    select
        filing.cik,
        split_part(number.version, '/', 1) as taxonomy,
        number.tag,
        number.uom as unit,
        case
            when number.qtrs > 0
                then (
                    date_trunc('month', number.ddate)
                    - make_interval(months => 3 * number.qtrs - 1)
                )::date
        end as period_start,
        number.ddate as period_end,
        number.adsh as accession,
        number.value,
        filing.form,
        filing.filed,
        number.load_id

    from {{ source('raw', 'fsds_num') }} as number

    inner join data_set_filings as filing on number.adsh = filing.adsh

    where
        number.segments is null
        and number.coreg is null
        and number.value is not null
        and number.version like '%/%'

),

facts as (

    select
        cik,
        taxonomy,
        tag,
        unit,
        period_start,
        period_end,
        accession,
        value,
        form,
        filed,
        load_id

    from companyfacts

    union all

    select * from data_set_facts

),

known as (

    select
        facts.cik,
        facts.taxonomy,
        facts.tag,
        facts.unit,
        facts.period_start,
        facts.period_end,
        facts.accession,
        facts.value,
        facts.form,
        facts.filed,
        coalesce(filings.accepted_at, filed_day.following_open_at) as known_at,
        facts.load_id

    from facts

    left join filings on facts.accession = filings.accession

    left join {{ ref('stg_calendar__days') }} as filed_day
        on facts.filed = filed_day.calendar_date

)

select * from known
