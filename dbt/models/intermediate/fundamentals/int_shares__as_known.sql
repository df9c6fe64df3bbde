-- Shares outstanding of companies as they were known on any session, as filed: from
-- the cover, else the balance sheet, else the weighted average, else a panel. A count
-- older than 200 days gives way to a fresher one of a lesser source, and ends 18
-- months after the day it is about.
-- Grain: one row per company and range of sessions.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_shares__counted': 'company_id'
        }
    },
    pre_hook=joined_by_hash(),
    indexes=[{'columns': ['company_id', 'valid_from']}]
) }}

with

counts as (

    select * from {{ ref('int_shares__counted') }} where reason is null

),

sequenced as (

    select
        *,
        lead(known_from, 1, date 'infinity') over (
            partition by company_id, source_rank, shares_as_of order by known_from
        ) as replaced_from,
        min(known_from) over (
            partition by company_id, source_rank
            order by shares_as_of desc
            groups between unbounded preceding and 1 preceding
        ) as later_from

    from counts

),

current as (

    select
        *,
        least(replaced_from, later_from) as current_to

    from sequenced

    where
        later_from is null
        or later_from > known_from

),

-- Each count while it is fresh, and after that as a last resort.
aged as (

    select
        *,
        source_rank as preference,
        daterange(known_from, least(current_to, shares_as_of + 200)) as days

    from current

    where known_from < least(current_to, shares_as_of + 200)

    union all

    select
        *,
        10 + source_rank,
        daterange(
            greatest(known_from, shares_as_of + 200),
            least(current_to, (shares_as_of + interval '18 months')::date + 1)
        )

    from current

    where
        greatest(known_from, shares_as_of + 200)
        < least(current_to, (shares_as_of + interval '18 months')::date + 1)

),

covered as (

    select
        company_id,
        preference,
        range_agg(days) as days

    from aged

    group by company_id, preference

),

covered_before as (

    select
        company_id,
        preference,
        range_agg(days) over (
            partition by company_id
            order by preference
            rows between unbounded preceding and 1 preceding
        ) as days

    from covered

),

used as (

    select
        aged.*,
        unnest(
            datemultirange(aged.days)
            - coalesce(covered_before.days, '{}'::datemultirange)
        ) as used_days

    from aged

    inner join covered_before
        on
            aged.company_id = covered_before.company_id
            and aged.preference = covered_before.preference

),

ranged as (

    select
        company_id,
        null::integer as security_id,
        lower(used_days) as valid_from,
        upper(used_days) as valid_to,
        shares,
        shares_source,
        shares_as_of,
        preference > 10 as is_stale,
        accession,
        known_from as known_on

    from used

)

select * from ranged
