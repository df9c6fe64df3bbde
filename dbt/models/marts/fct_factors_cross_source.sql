-- Raw values of all cross_source factors side by side.
-- Grain: one row per security per trading day.

{{ config(
    materialized='stable_view',
    post_hook="{{ comment_wide('cross_source', ['cross_source']) }}"
) }}

{{ wide_factors('cross_source', ['cross_source']) }}
