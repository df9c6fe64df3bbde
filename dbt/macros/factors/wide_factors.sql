{# wide_factors(kind, families): the families of a kind side by side, values only. #}
{% macro wide_factors(kind, families) %}
select
    day.security_id,
    day.trade_date
    {%- for family in families %}{% for factor in factor_columns(family) %},
    fac_{{ family }}.{{ factor.name }}
    {%- endfor %}{% endfor %}

from {{ ref('int_prices__daily') }} as day
{% for family in families %}
left join {{ ref('fac_' ~ family) }} as fac_{{ family }}
    on
        day.security_id = fac_{{ family }}.security_id
        and day.trade_date = fac_{{ family }}.trade_date
{% endfor %}
where not day.is_delisting
{% endmacro %}
