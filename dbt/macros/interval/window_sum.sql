{# window_sum(column, bars) -> the running sum's growth over the last so many bars. #}
{% macro window_sum(column, bars) -%}
    today.{{ column }} - lag_{{ bars }}.{{ column }}
{%- endmacro %}
