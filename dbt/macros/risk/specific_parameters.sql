{#
    specific_parameters(model) -> jsonb: those of a model's parameters that its specific
    risk depends on. Models that agree in them share it.
#}
{% macro specific_parameters(model) -%}
    jsonb_build_array(
                {%- for key in [
                    'kind', 'specific_half_life', 'specific_lags', 'window_days',
                    'specific_shrinkage', 'specific_least_days', 'specific_full_days',
                    'regime_half_life'
                ] %}
                {{ model }}.parameters -> '{{ key }}'{{ ',' if not loop.last }}
                {%- endfor %}
            )
{%- endmacro %}
