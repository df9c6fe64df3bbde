{# fundamental_names(): the pivoted columns by name, and book_equity for common_equity. #}
{% macro fundamental_names() -%}
    {% for column in fundamental_columns() %}
        {{ column.name }},
    {% endfor %}
        common_equity as book_equity,
        common_equity_1y as book_equity_1y
{%- endmacro %}
