{#
    interval: a table by date, of which only what the ledger asks for is built.

    The ledger (ops.interval) is per model, date and column version. For each
    range it asks for, the model's SQL runs with since() and until() as date
    literals, into a work table; then the range is deleted and inserted, or,
    where only some columns are stale, those are updated. Superseded values of
    factors go to ops.factor_revision. Never swapped; --full-refresh truncates.

    Config: meta.grain (key columns, trade_date among them), meta.inputs (which
    kinds of change touch it: bars, actions, facts, macro, maps).
#}
{% materialization interval, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set columns = interval_columns(model) -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set versions = columns | map(attribute='version') | list -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing is none or should_full_refresh() %}
        {% do run_query("select ops.forget_interval('" ~ model.name ~ "')") %}
    {% endif %}
    {% if existing is none %}
        {% call statement('create') -%}
            {{ get_create_table_as_sql(False, target_relation, in_window(sql, ['0001-01-01', '0001-01-01'])) }}
        {%- endcall %}
        {% do persist_docs(target_relation, model) %}
    {% elif should_full_refresh() %}
        {% do run_query('truncate ' ~ target_relation) %}
        {% do drop_indexes(target_relation) %}
    {% endif %}
    {% set is_filled_anew = existing is none or should_full_refresh() %}

    {% set plan = run_query(interval_plan(columns)) %}
    {% set aligned = [] %}
    {% set days = [] %}
    {% for since, until, stale, is_revision in plan.rows %}
        {% do days.append((until - since).days + 1) %}
        {% set work = make_temp_relation(this, '__' ~ loop.index) %}
        {% call statement('work') -%}
            create temporary table {{ work }} as {{ in_window(sql, [since, until]) }}
        {%- endcall %}
        {% if not aligned and existing is not none %}
            {% do align_columns(work, target_relation) %}
            {% do persist_docs(target_relation, model) %}
            {% do aligned.append(true) %}
        {% endif %}
        {% if is_revision and config.get('meta').family and not config.get('meta').get('ranks') %}
            {% do run_query(keep_superseded(work, target_relation, names, since, until)) %}
        {% endif %}
        {% if stale is none %}
            {% do run_query(replace_range(work, target_relation, since, until, is_filled_anew)) %}
        {% else %}
            {% do run_query(update_columns(work, target_relation, stale)) %}
        {% endif %}
        {% do run_query(interval_done(columns, stale, since, until)) %}
        {% do run_query('drop table ' ~ work) %}
    {% endfor %}
    {# It is faster without indexes to keep. #}
    {% if is_filled_anew %}
        {% do run_query(
            'create unique index ' ~ this.identifier ~ '_grain on ' ~ target_relation
            ~ ' (' ~ config.get('meta').grain | join(', ') ~ ')'
        ) %}
        {% do create_indexes(target_relation) %}
    {% endif %}
    {# A few days more change no statistics; sampling the table would take longer than they did. #}
    {% call statement('main') -%}
        {{ analyzed(target_relation) if is_filled_anew or days | sum > 14 else 'select 1' }}
    {%- endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Drop all indexes of a relation. #}
{% macro drop_indexes(relation) %}
    {% for row in run_query(
        "select indexrelid::regclass::text from pg_index where indrelid = '" ~ relation ~ "'::regclass"
    ).rows %}
        {% do run_query('drop index ' ~ row[0]) %}
    {% endfor %}
{% endmacro %}

{# Statistics of a wide table's keys only: nothing is joined or searched by its values. #}
{% macro analyzed(relation) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set keys = columns | rejectattr('data_type', 'equalto', 'double precision') -%}
    analyze {{ relation }}
    {%- if columns | length > 20 %} ({{ keys | map(attribute='quoted') | join(', ') }}){% endif %}
{%- endmacro %}
