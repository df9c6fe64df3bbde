{# all_factors() -> the factors of every security-grain family, in order. #}
{% macro all_factors() %}
    {% set factors = [] %}
    {% for family in var('families') %}
        {% do factors.extend(factor_columns(family)) %}
    {% endfor %}
    {{ return(factors) }}
{% endmacro %}

{# all_macro_factors() -> the factors of every macro family, in order. #}
{% macro all_macro_factors() %}
    {% set factors = [] %}
    {% for family in var('macro_families') %}
        {% do factors.extend(factor_columns(family)) %}
    {% endfor %}
    {{ return(factors) }}
{% endmacro %}
