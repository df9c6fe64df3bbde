-- Facts of periodic reports, their amendments and declared 8-K recasts as standard
-- items. A filing speaks of an item by one concept: of those it
-- tags, the one with the most amounts at the item's latest period end (a note's
-- stray tag has one, a statement's a quarter and a year to date), then the best by
-- the map. Taking another concept for another period would pass off a difference of
-- scope (restricted cash, noncontrolling interest) as a restatement.
-- Left out: 8-Ks that are not recasts; balances dated after the period the filing
-- reports on; amounts in a currency that is not the filing's main one.
-- Grain: one row per company, item, period and accession.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__candidates': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

-- A recast comes under item 8.01, or 9.01 alone; earnings releases and acquired
-- businesses' statements do not.
other_8k as (

    select accession
    from {{ ref('stg_edgar__filings') }}
    where
        is_first_filer
        and form like '8-K%'
        and items !~ '8\.01'
        and items <> '9.01'
        and items <> ''

),

candidates as (

    select * from {{ ref('int_facts__candidates') }}

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

    select distinct
        candidates.company_id,
        candidates.accession

    from candidates

    inner join reported_years as reported
        on
            candidates.company_id = reported.company_id
            and candidates.period_start = reported.period_start
            and candidates.period_end = reported.period_end
            and candidates.filed > reported.filed

    where
        candidates.is_8k
        and candidates.accession not in (select other_8k.accession from other_8k)

),

filings as (

    select
        company_id,
        accession,
        max(period_end) filter (
            where item in (
                'assets', 'net_income', 'profit_including_nci', 'operating_cash_flow'
            )
        ) as report_end

    from candidates

    where
        not is_8k
        or (company_id, accession) in (
            select
                recasts.company_id,
                recasts.accession
            from recasts
        )

    group by company_id, accession

),

currencies as (

    select distinct on (company_id, accession)
        company_id,
        accession,
        currency as main_currency

    from candidates

    where currency is not null

    group by company_id, accession, currency

    order by company_id, accession, count(*) desc, currency

),

eligible as (

    select candidates.*

    from candidates

    inner join filings
        on
            candidates.company_id = filings.company_id
            and candidates.accession = filings.accession

    inner join currencies
        on
            candidates.company_id = currencies.company_id
            and candidates.accession = currencies.accession
            and coalesce(candidates.currency = currencies.main_currency, true)

    where
        candidates.period_end <= filings.report_end + 16
        or filings.report_end is null
        or candidates.item in (
            'shares_outstanding', 'shares_outstanding_cover', 'public_float'
        )

),

-- Filings that tag an item by several concepts; most do not.
contested as (

    select
        company_id,
        accession,
        item

    from eligible

    group by company_id, accession, item

    having min(rank) < max(rank)

),

spoken as (

    select distinct on (eligible.company_id, eligible.accession, eligible.item)
        eligible.company_id,
        eligible.accession,
        eligible.item,
        eligible.rank

    from eligible

    inner join contested
        on
            eligible.company_id = contested.company_id
            and eligible.accession = contested.accession
            and eligible.item = contested.item

    group by
        eligible.company_id,
        eligible.accession,
        eligible.item,
        eligible.rank,
        eligible.period_end

    order by
        eligible.company_id,
        eligible.accession,
        eligible.item,
        eligible.period_end desc,
        (eligible.rank < 0) desc,
        count(*) desc,
        eligible.rank

),

-- Grouped, because two data sets can carry the same fact.
mapped as (

    select
        eligible.company_id,
        eligible.item,
        min(eligible.kind) as kind,
        eligible.period_start,
        eligible.period_end,
        eligible.accession,
        min(eligible.currency) as currency,
        min(eligible.value) as value,
        min(eligible.tag) as tag,
        min(eligible.known_at) as known_at

    from eligible

    left join spoken
        on
            eligible.company_id = spoken.company_id
            and eligible.accession = spoken.accession
            and eligible.item = spoken.item

    where eligible.rank = spoken.rank or spoken.rank is null

    group by
        eligible.company_id,
        eligible.item,
        eligible.period_start,
        eligible.period_end,
        eligible.accession

)

select * from mapped
