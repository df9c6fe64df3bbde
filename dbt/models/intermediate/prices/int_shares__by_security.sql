-- Share counts by security: the class's own count where one is known, else the
-- company's total.
-- Grain: one row per security and first session of validity.

{{ config(
    meta={'inputs': ['facts', 'maps', 'bars']},
    indexes=[{'columns': ['security_id', 'valid_from']}]
) }}

with

own as (

    select
        security_id,
        valid_from,
        valid_to,
        shares,
        shares_source,
        shares_as_of,
        false as is_company_total
    from {{ ref('int_shares__as_known') }}
    where security_id is not null

),

total as (

    select
        security.security_id,
        count.valid_from,
        count.valid_to,
        count.shares,
        count.shares_source,
        count.shares_as_of,
        true as is_company_total

    from {{ ref('int_shares__as_known') }} as count

    inner join {{ source('ref', 'security') }} as security
        on count.company_id = security.company_id

    where
        count.security_id is null
        and not exists (
            select from own where own.security_id = security.security_id
        )

)

select * from own
union all
select * from total
