-- Share counts that are not used, and why.
-- Grain: one row per company, source, day the count is about and vintage.

{{ config(materialized='view') }}

select
    company_id,
    shares_source,
    shares_as_of,
    shares,
    median_shares,
    reason,
    accession,
    known_from

from {{ ref('int_shares__counted') }}

where reason is not null
