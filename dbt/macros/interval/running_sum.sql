{#
    running_sum(expression, name) -> one column: the carried sum plus the sum over
    the window `history` up to this row. Missing, NaN and infinite values add nothing.
#}
{% macro running_sum(expression, name) -%}
    coalesce(carried.{{ name }}, 0) + coalesce(sum(fac.finite({{ expression }})) over history, 0)
            as {{ name }}
{%- endmacro %}
