{#
    refill: a table that is created once and refilled in place ever after.

    A swap (dbt's `table`) drops the views, functions and aggregates that depend
    on the relation; this never does. The new rows are computed first, into a
    work table (that statement runs in parallel), then truncate and insert in
    one transaction, so readers see all of the old rows or all of the new ones.
    Columns that the model gained are added, columns that it lost are dropped.
    With meta.inputs (bars, actions, facts, macro, maps) it runs only when data
    of those kinds landed since, or its code changed.

    With meta.by_company, a model whose rows of a company depend on that company
    alone: names the upstream relations of which it reads one company's rows at a
    time, and by which column (company_id, cik, security_id). It is computed in
    slices of companies that fit in memory, and only for the companies that new
    data are about.
#}
{% materialization refill, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set work = make_temp_relation(this).incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% set inputs = config.get('meta', {}).get('inputs') %}
    {% set by_company = config.get('meta', {}).get('by_company') %}
    {% if existing is none or should_full_refresh() %}
        {% do run_query("select ops.forget_interval('" ~ model.name ~ "')") %}
    {% endif %}
    {% set plan = run_query(
        'select is_stale, companies from ops.plan_refill('
        ~ "'" ~ model.name ~ "', '" ~ code_version(model) ~ "', " ~ text_array(inputs) ~ ')'
    ).rows[0] if inputs is not none else [true, none] %}
    {% if existing is none %}
        {% if by_company %}
            {% call statement('main') -%}
                {{ get_create_table_as_sql(False, target_relation, of_companies(sql, by_company, none)) }}
            {%- endcall %}
            {% do fill_by_company(target_relation, sql, by_company, none) %}
            {% do run_query('create index on ' ~ target_relation ~ ' using brin (company_id) with (pages_per_range = 16)') %}
        {% else %}
            {% call statement('main') -%}
                {{ get_create_table_as_sql(False, target_relation, sql) }}
            {%- endcall %}
        {% endif %}
        {% do create_indexes(target_relation) %}
        {% do persist_docs(target_relation, model) %}
        {% do run_query(analyzed(target_relation)) %}
    {% elif plan[0] %}
        {% call statement('work') -%}
            create temporary table {{ work }} as {{ of_companies(sql, by_company, none) if by_company else sql }}
        {%- endcall %}
        {% do align_columns(work, target_relation) %}
        {% set names = adapter.get_columns_in_relation(work) | map(attribute='quoted') | join(', ') %}
        {% if by_company %}
            {% call statement('main') -%}
                {% if plan[1] is none %}
                truncate {{ target_relation }}
                {% else %}
                delete from {{ target_relation }} where company_id = any({{ int_array(plan[1]) }})
                {% endif %}
            {%- endcall %}
            {% do fill_by_company(target_relation, sql, by_company, plan[1]) %}
        {% else %}
            {% call statement('main') -%}
                truncate {{ target_relation }};
                insert into {{ target_relation }} ({{ names }}) select {{ names }} from {{ work }};
            {%- endcall %}
        {% endif %}
        {% do run_query('drop table ' ~ work) %}
        {% do persist_docs(target_relation, model) %}
        {% do run_query(analyzed(target_relation)) %}
    {% else %}
        {% call statement('main') %}select 'nothing new'{% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Insert the rows of these companies (none: all), a slice at a time. #}
{% macro fill_by_company(target, sql, by_company, companies) %}
    {% set slices = run_query(
        'select companies, ciks, securities from ops.company_slices('
        ~ ('null' if companies is none else int_array(companies)) ~ ')'
    ).rows %}
    {% set names = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') %}
    {% for slice in slices %}
        {% set sliced = of_companies(sql, by_company, slice) %}
        {% do run_query(
            'insert into ' ~ target ~ ' (' ~ names ~ ') select ' ~ names ~ ' from (' ~ sliced ~ ') as sliced'
        ) %}
    {% endfor %}
{% endmacro %}

{#
    The model's SQL over the rows of a slice of companies (none: of no company): each
    relation of meta.by_company is replaced by a select of the slice's rows.
#}
{% macro of_companies(sql, by_company, slice) %}
    {% set keys = {'company_id': 0, 'cik': 1, 'security_id': 2} %}
    {% set found = {'sql': sql} %}
    {% for name, key in by_company.items() %}
        {% set relation = ref(name) | string %}
        {% if relation not in sql %}
            {{ exceptions.raise_compiler_error(model.name ~ ': meta.by_company names ' ~ name ~ ', which it does not read') }}
        {% endif %}
        {% set wanted = int_array(slice[keys[key]] if slice is not none else []) %}
        {% do found.update({'sql': found.sql | replace(
            relation, '(select * from ' ~ relation ~ ' where ' ~ key ~ ' = any(' ~ wanted ~ '))'
        )}) %}
    {% endfor %}
    {{ return(found.sql) }}
{% endmacro %}

{# A list of integers, or a SQL array as agate gives it, as a SQL literal. #}
{% macro int_array(items) -%}
    '{{ '{' ~ (items | string | replace('[', '') | replace(']', '') | replace('{', '') | replace('}', '')) ~ '}' }}'::integer[]
{%- endmacro %}
