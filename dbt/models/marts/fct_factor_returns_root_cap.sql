-- Daily returns of the risk factors, from the first pass of the regression: weights of
-- root cap.
-- Grain: one row per session and factor.

{{ config(materialized='stable_view', meta={'grain': ['trade_date', 'factor_id']}) }}

{{ long_factor_returns('rsk_regressions__first') }}
