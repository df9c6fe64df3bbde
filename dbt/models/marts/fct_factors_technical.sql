-- Raw values of all technical factors side by side.
-- Grain: one row per security per trading day.

{{ config(
    materialized='stable_view',
    post_hook="{{ comment_wide('technical', ['momentum', 'reversal', 'volatility', 'liquidity']) }}"
) }}

{{ wide_factors('technical', ['momentum', 'reversal', 'volatility', 'liquidity']) }}
