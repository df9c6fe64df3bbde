{#
    refill: a table that is created once and refilled in place ever after.

    A swap (dbt's `table`) drops the views, functions and aggregates that depend
    on the relation; this never does. The new rows are computed first, into a
    work table (that statement runs in parallel), then truncate and insert in
    one transaction, so readers see all of the old rows or all of the new ones.
    Columns that the model gained are added, columns that it lost are dropped.
#}
{% materialization refill, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set work = make_temp_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing is none %}
        {% call statement('main') -%}
            {{ get_create_table_as_sql(False, target_relation, sql) }}
        {%- endcall %}
        {% do create_indexes(target_relation) %}
    {% else %}
        {% call statement('work') -%}
            create temporary table {{ work }} as {{ sql }}
        {%- endcall %}
        {% do align_columns(work, target_relation) %}
        {% set names = adapter.get_columns_in_relation(work) | map(attribute='quoted') | join(', ') %}
        {% call statement('main') -%}
            truncate {{ target_relation }};
            insert into {{ target_relation }} ({{ names }}) select {{ names }} from {{ work }};
        {%- endcall %}
        {% do adapter.drop_relation(work) %}
    {% endif %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {% call statement('analyze') %} analyze {{ target_relation }} {% endcall %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
