{#
    The pivot of long items into one wide row, in two steps, because one step would
    test every row against every column: each (item, basis) has a slot; rows are first
    gathered into runs of 32 slots, then the few rows of runs into columns.

    fundamental_slots() -> rows (item, basis, run, place) for a values list
    gathered_slots()    -> columns place_0 … place_31 of a query grouped by run
    spread_slots()      -> the named columns of a query over those rows
#}
{% macro fundamental_slots() -%}
    {% for column in fundamental_columns() %}
        ('{{ column.item }}', '{{ column.basis }}', {{ loop.index0 // 32 }}, {{ loop.index0 % 32 }}){{ ',' if not loop.last }}
    {% else %}
        ('', '', 0, 0)
    {% endfor %}
{%- endmacro %}

{% macro gathered_slots() -%}
    {% for place in range(32) %}
        max(value) filter (where place = {{ place }}) as place_{{ place }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro spread_slots() -%}
    {% for column in fundamental_columns() %}
        max(place_{{ loop.index0 % 32 }}) filter (where run = {{ loop.index0 // 32 }}) as {{ column.name }}{{ ',' if not loop.last }}
    {% else %}
        null::double precision as assets
    {% endfor %}
{%- endmacro %}
