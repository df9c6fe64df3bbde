-- The fundamentals in force on each day beside the day's market cap.
-- A ratio of amounts in another currency to a price in USD has no meaning, so
-- there is no market equity beside such a statement.
-- Grain: one row per security per session with a price.

{{ config(materialized='view') }}

select
    cap.security_id,
    cap.trade_date,
    cap.price,
    cap.line_market_cap,
    case
        when coalesce(statement.currency, 'USD') = 'USD' then cap.market_equity
    end as market_equity,
    statement.*

from {{ ref('int_market_caps__daily') }} as cap

inner join {{ ref('int_statements__in_force') }} as in_force
    on cap.company_id = in_force.company_id and cap.trade_date = in_force.trade_date

inner join {{ ref('int_fundamentals__as_known') }} as statement
    on
        in_force.company_id = statement.company_id
        and in_force.fundamentals_from = statement.valid_from
