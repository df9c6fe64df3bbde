-- Excess returns of names, and what the factors leave of them.
-- Grain: one row per security and session.

{{ config(materialized='stable_view', meta={'grain': ['security_id', 'trade_date']}) }}

select
    security_id,
    trade_date,
    excess_return,
    specific_return

from {{ ref('rsk_specific_returns') }}
