-- Facts of annual and interim reports, their amendments and declared 8-K recasts,
-- mapped to standard items: of the concepts a filing tags for an item and a period,
-- the best one. Left out: proxies and prospectuses; 8-Ks that are not recasts (a
-- recast comes under item 8.01, or 9.01 alone); periods that end after the filing;
-- amounts in a currency that is not the filing's main one.
-- Grain: one row per company, item, period and accession.

{{ config(
    materialized='refill',
    meta={'inputs': ['facts', 'maps']},
    pre_hook=joined_by_hash()
) }}

with

concepts as (

    select * from {{ ref('stg_concepts') }}

),

companies as (

    select * from {{ source('ref', 'cik_history') }}

),

filers as (

    select * from {{ ref('stg_edgar__filers') }}

),

recasts as (

    select accession
    from {{ ref('stg_edgar__filings') }}
    where is_first_filer and form like '8-K%'
    and (items ~ '8\.01' or items = '9.01')

),

candidates as (

    select
        companies.company_id,
        concepts.item,
        concepts.kind,
        facts.period_start,
        facts.period_end,
        facts.accession,
        case
            when concepts.item_unit <> 'shares' then left(facts.unit, 3)
        end as currency,
        facts.value * concepts.sign as value,
        facts.tag,
        facts.known_at,
        not concepts.is_override as is_curated,
        concepts.industry is distinct from filers.industry as is_general,
        filers.industry is null and concepts.industry not like '-%' as is_guess,
        concepts.rank

    from {{ ref('stg_edgar__facts') }} as facts

    inner join concepts
        on facts.taxonomy = concepts.taxonomy and facts.tag = concepts.tag

    inner join companies
        on facts.cik = companies.cik
        and facts.filed >= companies.valid_from
        and (facts.filed < companies.valid_to or companies.valid_to is null)

    left join filers on facts.cik = filers.cik

    where
        (
            facts.form in (
                '10-K', '10-Q', '10-KT', '10-QT', '20-F', '40-F',
                '10-K/A', '10-Q/A', '10-KT/A', '10-QT/A', '20-F/A', '40-F/A'
            )
            or (
                facts.form like '8-K%'
                and facts.accession in (select recasts.accession from recasts)
            )
        )
        and (
            concepts.industry is null
            or filers.industry is null
            or concepts.industry = filers.industry
            or (concepts.industry like '-%' and concepts.industry <> '-' || filers.industry)
        )
        and facts.unit ~ case concepts.item_unit
            when 'usd' then '^[A-Z]{3}$'
            when 'shares' then '^shares$'
            else '^[A-Z]{3}(/shares)?$'
        end
        and (facts.period_start is null) = (concepts.kind = 'stock')
        and facts.period_end <= facts.filed
        and coalesce(facts.period_start < facts.period_end, true)
        and facts.value between -1e16 and 1e16

),

currencies as (

    select distinct on (accession)
        accession,
        currency as main_currency

    from candidates

    where currency is not null

    group by accession, currency

    order by accession, count(*) desc, currency

),

best as (

    select distinct on (company_id, accession, item, period_start, period_end)
        company_id,
        item,
        kind,
        period_start,
        period_end,
        candidates.accession,
        currency,
        value,
        tag,
        known_at

    from candidates

    inner join currencies
        on candidates.accession = currencies.accession
        and coalesce(candidates.currency = currencies.main_currency, true)

    order by
        company_id,
        candidates.accession,
        item,
        period_start,
        period_end,
        is_curated,
        is_guess nulls first,
        is_general,
        rank

)

select * from best
