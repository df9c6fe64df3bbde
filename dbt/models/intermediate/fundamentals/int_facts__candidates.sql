-- Facts whose concept the map knows, in annual and interim reports, their amendments
-- and 8-Ks, with the rank of their concept. Left out: proxies, prospectuses and other
-- forms, periods that end after the filing, units that are not the item's.
-- Grain: one row per company, concept, item, unit, period and accession.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'stg_edgar__facts': 'cik'
        }
    },
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

candidates as (

    select
        companies.company_id,
        concepts.item,
        concepts.kind,
        facts.period_start,
        facts.period_end,
        facts.accession,
        facts.form like '8-K%' as is_8k,
        facts.filed,
        case
            when concepts.item_unit <> 'shares' then left(facts.unit, 3)
        end as currency,
        facts.value * concepts.sign as value,
        facts.tag,
        facts.known_at,
        -- Sorts as the map wants it: a user's concepts, the industry's own, the rest.
        concepts.rank
        + case
            when (concepts.industry is distinct from filers.industry) then 1000
            else 0
        end
        + case
            when filers.industry is null and concepts.industry not like '-%' then 2000
            else 0
        end
        - case when concepts.is_override then 9000 else 0 end as rank

    from {{ ref('stg_edgar__facts') }} as facts

    inner join concepts
        on facts.taxonomy = concepts.taxonomy and facts.tag = concepts.tag

    inner join companies
        on
            facts.cik = companies.cik
            and facts.filed >= companies.valid_from
            and (facts.filed < companies.valid_to or companies.valid_to is null)

    left join filers on facts.cik = filers.cik

    where
        facts.form in (
            '10-K', '10-Q', '10-KT', '10-QT', '20-F', '40-F', '8-K',
            '10-K/A', '10-Q/A', '10-KT/A', '10-QT/A', '20-F/A', '40-F/A', '8-K/A'
        )
        and (
            concepts.industry is null
            or filers.industry is null
            or concepts.industry = filers.industry
            or (
                concepts.industry like '-%'
                and concepts.industry <> '-' || filers.industry
            )
        )
        and (
            (concepts.item_unit = 'shares' and facts.unit = 'shares')
            or (concepts.item_unit <> 'shares' and length(facts.unit) = 3)
            or (concepts.item_unit = 'usd_per_share' and facts.unit like '___/shares')
        )
        and (facts.period_start is null) = (concepts.kind = 'stock')
        and facts.period_end <= facts.filed
        and coalesce(facts.period_start < facts.period_end, true)
        and facts.value between -1e16 and 1e16

)

select * from candidates
