{#
    refill: a table that is created once and refilled in place ever after.

    A swap (dbt's `table`) drops the views, functions and aggregates that depend
    on the relation; this never does. The new rows are computed first, into a
    work table (that statement runs in parallel), then truncate and insert in
    one transaction, so readers see all of the old rows or all of the new ones.
    Columns that the model gained are added, columns that it lost are dropped.
    With meta.inputs (bars, actions, facts, macro, maps) it runs only when data
    of those kinds landed since, or its code changed.
#}
{% materialization refill, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set work = make_temp_relation(this).incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% set inputs = config.get('meta', {}).get('inputs') %}
    {% if existing is none or should_full_refresh() %}
        {% do run_query("select ops.forget_interval('" ~ model.name ~ "')") %}
    {% endif %}
    {% set version = code_version(model) %}
    {% set is_stale = inputs is none or run_query(
        "select ops.plan_refill('" ~ model.name ~ "', '" ~ version ~ "', " ~ text_array(inputs) ~ ')'
    ).columns[0].values()[0] %}
    {% if existing is none %}
        {% call statement('main') -%}
            {{ get_create_table_as_sql(False, target_relation, sql) }}
        {%- endcall %}
        {% do create_indexes(target_relation) %}
        {% do persist_docs(target_relation, model) %}
        {% do run_query('analyze ' ~ target_relation) %}
    {% elif is_stale %}
        {% call statement('work') -%}
            create temporary table {{ work }} as {{ sql }}
        {%- endcall %}
        {% do align_columns(work, target_relation) %}
        {% set names = adapter.get_columns_in_relation(work) | map(attribute='quoted') | join(', ') %}
        {% call statement('main') -%}
            truncate {{ target_relation }};
            insert into {{ target_relation }} ({{ names }}) select {{ names }} from {{ work }};
        {%- endcall %}
        {% do run_query('drop table ' ~ work) %}
        {% do persist_docs(target_relation, model) %}
        {% do run_query('analyze ' ~ target_relation) %}
    {% else %}
        {% call statement('main') %}select 'nothing new'{% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
