-- Share counts of companies as filed, each judged by what was known when it was:
-- counts that are not positive, below 100,000 (a shell's), above 1e11, or a
-- hundredfold off the median of other counts of the company known within 800 days up
-- to then (a unit error: thousands or millions) carry a reason and are not used.
-- Splits of up to 50 to 1 pass; counts stay as filed, on the basis of their day.
-- Sources, best first: 1 cover, 2 balance sheet, 3 weighted average, 4 panel.
-- Grain: one row per company, source, day the count is about and vintage.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__vintages': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

vintages as (

    select * from {{ ref('int_facts__vintages') }}
    where item in (
        'shares_outstanding_cover', 'shares_outstanding', 'weighted_shares_basic'
    )

),

counts as (

    select distinct on (company_id, source_rank, shares_as_of, known_from)
        company_id,
        case
            when source_id > 0 then 4
            when item = 'shares_outstanding_cover' then 1
            when item = 'shares_outstanding' then 2
            else 3
        end as source_rank,
        case
            when source_id > 0 then 'panel'
            when item = 'shares_outstanding_cover' then 'dei cover'
            when item = 'shares_outstanding' then 'us-gaap outstanding'
            else 'weighted basic'
        end as shares_source,
        period_end as shares_as_of,
        value as shares,
        accession,
        known_from

    from vintages

    where source_id = 0 or item <> 'weighted_shares_basic'

    order by company_id, source_rank, shares_as_of, known_from, days, source_id

),

plausible as (

    select * from counts where shares >= 1e5 and shares <= 1e11

),

-- The quarters and years a filing repeats for comparison say nothing new: of each
-- source and filing only the latest count votes.
votes as (

    select distinct on (company_id, source_rank, known_from) *

    from plausible

    order by company_id, source_rank, known_from, shares_as_of desc

),

by_source as (

    select
        counts.company_id,
        counts.source_rank,
        counts.shares_as_of,
        counts.known_from,
        votes.source_rank as vote_rank,
        count(*) as n_votes,
        percentile_disc(0.5) within group (order by votes.shares) as median_shares

    from plausible as counts

    inner join votes
        on
            counts.company_id = votes.company_id
            and votes.known_from <= counts.known_from
            and votes.known_from > counts.known_from - 800
            and (
                votes.source_rank <> counts.source_rank
                or votes.known_from <> counts.known_from
            )

    group by
        counts.company_id,
        counts.source_rank,
        counts.shares_as_of,
        counts.known_from,
        votes.source_rank

),

-- The best source with three votes is asked; else the one with the most.
medians as (

    select distinct on (company_id, source_rank, shares_as_of, known_from) *

    from by_source

    order by
        company_id,
        source_rank,
        shares_as_of,
        known_from,
        least(n_votes, 3) desc,
        vote_rank

),

judged as (

    select
        counts.*,
        medians.median_shares,
        case
            when counts.shares <= 0 then 'not positive'
            when counts.shares < 1e5 then 'below 100,000'
            when counts.shares > 1e11 then 'above 1e11'
            when abs(log(counts.shares / medians.median_shares)) > 1.95
                then 'a hundredfold off the median of other counts'
        end as reason

    from counts

    left join medians
        on
            counts.company_id = medians.company_id
            and counts.source_rank = medians.source_rank
            and counts.shares_as_of = medians.shares_as_of
            and counts.known_from = medians.known_from

)

select * from judged
