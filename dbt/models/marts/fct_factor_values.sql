-- Every factor in long form: one branch per factor, each reading one table, so
-- that a cross-section is an index range of one table.
-- Grain: one row per security, trading day and factor with a value.
{% for family in var('families') %}
-- depends_on: {{ ref('rnk_' ~ family) }}
{%- endfor %}

{{ config(
    materialized='stable_view',
    post_hook=['{{ define_factors_of() }}', '{{ define_scores_in() }}', '{{ define_values_as_of() }}']
) }}

{% for factor in all_factors() %}
select
    security_id,
    trade_date,
    '{{ factor.name }}'::text as factor_id,
    {{ factor.name }} as value,
    {{ factor.name }}__zscore as zscore,
    {{ factor.name }}__score as score,
    {{ factor.name }}__sector_score as sector_score
from {{ ref('rnk_' ~ factor.family) }}
where {{ factor.name }} is not null
{{ 'union all' if not loop.last }}
{% else %}
select
    null::integer as security_id, null::date as trade_date, null::text as factor_id,
    null::double precision as value, null::double precision as zscore,
    null::double precision as score, null::double precision as sector_score
where false
{% endfor %}
