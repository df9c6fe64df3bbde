-- Which statement of a company's fundamentals was in force on each session.
-- Grain: one row per company and session.

{{ config(
    materialized='interval',
    meta={
        'grain': ['company_id', 'trade_date'],
        'inputs': ['bars', 'facts', 'maps']
    },
    indexes=[{'columns': ['trade_date']}]
) }}

select
    statement.company_id,
    session.session_date as trade_date,
    statement.valid_from as fundamentals_from

from {{ ref('int_fundamentals__as_known') }} as statement

inner join {{ source('ref', 'session') }} as session
    on
        session.session_date >= greatest(statement.valid_from, {{ since() }})
        and session.session_date < coalesce(statement.valid_to, {{ until() }} + 1)
        and session.session_date <= {{ until() }}

-- Companies without a price have no use for it.
where exists (
    select from {{ source('ref', 'security') }} as security
    where security.company_id = statement.company_id
)
