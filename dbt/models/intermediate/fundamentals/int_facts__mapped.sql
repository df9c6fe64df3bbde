-- Facts of annual and interim reports, their amendments and declared 8-K recasts,
-- mapped to standard items. A filing speaks of an item by one concept: of those it
-- tags, the one with the most amounts at the item's latest period end (a note's
-- stray tag has one, a statement's a quarter and a year to date), then the best by
-- the map. Taking another concept for another period would pass off a difference of
-- scope (restricted cash, noncontrolling interest) as a restatement.
-- Left out: proxies and prospectuses; 8-Ks that are not recasts; periods that end
-- after the filing; balances dated after the period the filing reports on; amounts in
-- a currency that is not the filing's main one.
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

-- A recast comes under item 8.01, or 9.01 alone; earnings releases and acquired
-- businesses' statements do not.
other_8k as (

    select accession
    from {{ ref('stg_edgar__filings') }}
    where is_first_filer and form like '8-K%'
    and items !~ '8\.01' and items <> '9.01' and items <> ''

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
        + case when concepts.industry is distinct from filers.industry then 1000 else 0 end
        + case
            when filers.industry is null and concepts.industry not like '-%' then 2000
            else 0
        end
        - case when concepts.is_override then 9000 else 0 end as rank

    from {{ ref('stg_edgar__facts') }} as facts

    inner join concepts
        on facts.taxonomy = concepts.taxonomy and facts.tag = concepts.tag

    inner join companies
        on facts.cik = companies.cik
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

-- Fiscal years and when a periodic report first gave them: a recast is about one that
-- was reported before, another company's statements are not.
reported_years as (

    select
        company_id,
        period_start,
        period_end,
        min(filed) as filed

    from candidates

    where not is_8k and period_end - period_start between 349 and 379

    group by company_id, period_start, period_end

),

recasts as (

    select distinct candidates.accession

    from candidates

    inner join reported_years as reported
        on candidates.company_id = reported.company_id
        and candidates.period_start = reported.period_start
        and candidates.period_end = reported.period_end
        and candidates.filed > reported.filed

    where
        candidates.is_8k
        and candidates.accession not in (select other_8k.accession from other_8k)

),

filings as (

    select
        accession,
        max(period_end) filter (
            where item in (
                'assets', 'net_income', 'profit_including_nci', 'operating_cash_flow'
            )
        ) as report_end

    from candidates

    where not is_8k or accession in (select recasts.accession from recasts)

    group by accession

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

eligible as (

    select candidates.*

    from candidates

    inner join filings on candidates.accession = filings.accession

    inner join currencies
        on candidates.accession = currencies.accession
        and coalesce(candidates.currency = currencies.main_currency, true)

    where
        candidates.period_end <= filings.report_end + 16
        or filings.report_end is null
        or candidates.item in (
            'shares_outstanding', 'shares_outstanding_cover', 'public_float'
        )

),

spoken as (

    select distinct on (company_id, accession, item)
        company_id,
        accession,
        item,
        tag

    from eligible

    group by company_id, accession, item, tag, period_end, rank

    order by
        company_id,
        accession,
        item,
        period_end desc,
        (rank < 0) desc,
        count(*) desc,
        rank

),

mapped as (

    select distinct on (company_id, accession, item, period_start, period_end)
        eligible.company_id,
        eligible.item,
        eligible.kind,
        eligible.period_start,
        eligible.period_end,
        eligible.accession,
        eligible.currency,
        eligible.value,
        eligible.tag,
        eligible.known_at

    from eligible

    inner join spoken
        on eligible.company_id = spoken.company_id
        and eligible.accession = spoken.accession
        and eligible.item = spoken.item
        and eligible.tag = spoken.tag

    order by
        eligible.company_id,
        eligible.accession,
        eligible.item,
        eligible.period_start,
        eligible.period_end,
        eligible.rank,
        eligible.value

)

select * from mapped
