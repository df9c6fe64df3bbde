{#
    reader_view: a materialized view for what is read most. Created once with a
    unique index on meta.grain; a build refreshes all of them concurrently as its
    last step (refresh_readers), so readers never see half of one. Created anew
    only when its SQL changed; the checksum is kept in ops.model_cursor.
#}
{% materialization reader_view, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='materialized_view') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set version = local_md5(sql) -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% set is_changed = run_query(
        "select is_stale from ops.plan_refill('" ~ model.name ~ "', '" ~ version ~ "', '{}')"
    ).columns[0].values()[0] %}
    {% if existing is none or is_changed %}
        {% call statement('main') -%}
            drop materialized view if exists {{ target_relation }};
            create materialized view {{ target_relation }} as {{ sql }};
            create unique index on {{ target_relation }} ({{ config.get('meta').grain | join(', ') }});
        {%- endcall %}
        {% do create_indexes(target_relation) %}
        {% do comment_reader_view(target_relation, model) %}
    {% else %}
        {% call statement('main') %}select 'refreshed at the end of the run'{% endcall %}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# dbt knows no comments of materialized views: their columns' come from YAML here. #}
{% macro comment_reader_view(relation, model) %}
    {% set quoted = (model.description | trim) | replace("'", "''") %}
    {% do run_query("comment on materialized view " ~ relation ~ " is '" ~ quoted ~ "'") %}
    {% for column in model.columns.values() %}
        {% do run_query(
            'comment on column ' ~ relation ~ '.' ~ column.name ~ " is '"
            ~ (column.description | trim | replace("'", "''")) ~ "'"
        ) %}
    {% endfor %}
{% endmacro %}
