{# comment_fundamentals(): comments of the pivoted columns, from the seed. A post-hook. #}
{% macro comment_fundamentals() %}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set statements = [] %}
    {% for column in fundamental_columns() %}
        {% do statements.append(
            'comment on column ' ~ this ~ '.' ~ column.name ~ " is '" ~ column.text | replace("'", "''") ~ "'"
        ) %}
    {% endfor %}
    {{ return(statements | join(';\n')) }}
{% endmacro %}
