-- Filings with the moment EDGAR accepted them. A table, unlike other staging
-- models: reading a file's clock means reading the whole file.
-- Acceptance comes from a submissions file whose clock is decided; else from the
-- Financial Statement Data Sets (New York time); else from an undecided file in the
-- later reading, New York time. A time of exactly midnight is a date, not a time.
-- Grain: one row per filer and accession.

{{ config(
    materialized='refill',
    meta={'inputs': ['facts']},
    indexes=[{'columns': ['accession']}]
) }}

with

clocks as (

    select * from {{ ref('stg_edgar__clocks') }}

),

submitted as materialized (

    select
        filing.cik,
        filing.accession,
        filing.form,
        filing.filing_date,
        filing.report_date,
        filing.items,
        filing.load_id,
        coalesce(clocks.clock, 'unclear') as clock,
        case
            when filing.acceptance ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d'
                then left(filing.acceptance, 19)::timestamp
        end as wall

    from {{ source('raw', 'filing') }} as filing

    left join clocks
        on filing.load_id = clocks.load_id and filing.cik = clocks.cik

),

read_by_clock as (

    select
        cik,
        accession,
        form,
        filing_date,
        report_date,
        items,
        load_id,
        case when clock = 'unclear' then 3 else 1 end as clock_rank,
        case
            when wall::time = '00:00' then null
            when clock <> 'utc' then wall at time zone 'America/New_York'
            when
                (wall at time zone 'UTC' at time zone 'America/New_York')::time
                = '00:00'
                then null
            else wall at time zone 'UTC'
        end as accepted_at

    from submitted

    union all

    select
        cik,
        adsh,
        form,
        filed,
        period,
        null,
        load_id,
        2,
        accepted at time zone 'America/New_York'

    from {{ source('raw', 'fsds_sub') }}

),

timed as (

    select distinct on (accession)
        accession,
        accepted_at

    from read_by_clock

    where accepted_at is not null

    order by accession, clock_rank, accepted_at desc

),

described as (

    select distinct on (cik, accession)
        cik,
        accession,
        form,
        filing_date,
        report_date,
        items

    from read_by_clock

    order by cik, accession, (items is null), load_id desc

),

joined as (

    select
        described.cik,
        described.accession,
        described.form,
        described.filing_date,
        described.report_date,
        timed.accepted_at,
        described.items,
        row_number() over (
            partition by described.accession order by described.cik
        ) = 1 as is_first_filer

    from described

    left join timed on described.accession = timed.accession

)

select * from joined
