-- Raw values of all fundamental factors side by side.
-- Grain: one row per security per trading day.

{{ config(
    materialized='stable_view',
    post_hook="{{ comment_wide('fundamental', ['value', 'profitability', 'growth', 'financial_health', 'size']) }}"
) }}

{{ wide_factors('fundamental', ['value', 'profitability', 'growth', 'financial_health', 'size']) }}
