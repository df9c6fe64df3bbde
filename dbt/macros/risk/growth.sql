{#
    growth(sessions, half_life) -> by how much a weight grows over so many sessions.
#}
{% macro growth(sessions, half_life=84) -%}
    exp(({{ sessions }}) * ln(2::double precision) / {{ half_life }})
{%- endmacro %}
