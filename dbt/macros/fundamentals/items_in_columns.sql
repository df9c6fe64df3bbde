{#
    items_in_columns(items) -> one column per standard item, of a query grouped by
    whatever it likes over rows of (item, value): the item's value in the group, or
    null. A group holds an item once, so `max` picks it.
#}
{% macro items_in_columns(items) -%}
    {% for item in items %}
        max(value) filter (where item = '{{ item }}') as {{ item }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
