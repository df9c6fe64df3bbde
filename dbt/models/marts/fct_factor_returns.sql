-- Daily returns of the risk factors, from the second pass of the regression: weights of
-- one over specific variance.
-- Grain: one row per session and factor.

{{ config(materialized='stable_view', meta={'grain': ['trade_date', 'factor_id']}) }}

{{ long_factor_returns('rsk_regressions') }}
