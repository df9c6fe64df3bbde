{#
    joined_by_hash() -> settings for a model that joins whole sets on several columns.
    The planner takes such joins for almost empty (it multiplies the selectivities of
    columns that go together) and loops; only a hash join uses every column at once.
#}
{% macro joined_by_hash() -%}
    set local enable_nestloop = off; set local enable_mergejoin = off;
    set local hash_mem_multiplier = 4
{%- endmacro %}
