{# align_columns(work, target): give `target` the columns that `work` has, and no others. #}
{% macro align_columns(work, target) %}
    {% set wanted = adapter.get_columns_in_relation(work) %}
    {% set present = adapter.get_columns_in_relation(target) %}
    {% set wanted_names = wanted | map(attribute='name') | list %}
    {% set present_names = present | map(attribute='name') | list %}
    {% for column in wanted if column.name not in present_names %}
        {% do run_query('alter table ' ~ target ~ ' add column ' ~ column.quoted ~ ' ' ~ column.data_type) %}
    {% endfor %}
    {% for column in present if column.name not in wanted_names %}
        {% do run_query('alter table ' ~ target ~ ' drop column ' ~ column.quoted) %}
    {% endfor %}
{% endmacro %}
