-- Filers with the industry that decides which concepts mean what: from the newest
-- SIC code that EDGAR gave. Null where no source carries one.
-- Grain: one row per filer.

with

mentioned as (

    select
        cik,
        sic,
        load_id

    from {{ source('raw', 'filer') }}

    union all

    select
        cik,
        sic,
        load_id

    from {{ source('raw', 'fsds_sub') }}

),

newest as (

    select distinct on (cik)
        cik,
        split_part(sic, '.', 1)::integer as sic

    from mentioned

    where sic ~ '^\d{3,4}(\.0)?$'

    order by cik, load_id desc

),

classified as (

    select
        cik,
        sic,
        case
            when sic between 6020 and 6199 then 'bank'
            when sic between 6310 and 6411 then 'insurance'
            when sic = 6798 then 'reit'
            when sic between 4900 and 4991 then 'utility'
            else 'other'
        end as industry

    from newest

)

select * from classified
