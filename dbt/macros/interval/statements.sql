{# The statements of the `interval` materialization, one macro each. #}

{# The model's SQL with the dates of one range. #}
{% macro in_window(sql, range) -%}
    {{ sql | replace('@since@', range[0] | string) | replace('@until@', range[1] | string) }}
{%- endmacro %}

{# A list of strings as a SQL array. #}
{% macro text_array(items) -%}
    array[{% for item in items %}'{{ item }}'{{ ', ' if not loop.last }}{% endfor %}]::text[]
{%- endmacro %}

{% macro interval_plan(columns) %}
    select since, until, columns, is_revision from ops.plan_interval(
        '{{ model.name }}',
        {{ text_array(config.get('meta').inputs) }},
        {{ text_array(columns | map(attribute='name')) }},
        {{ text_array(columns | map(attribute='version')) }},
        '{{ '-infinity' if config.get('meta').get('is_stateful') else var('since', '-infinity') }}',
        '{{ var('until', 'infinity') }}',
        {% if config.get('meta').get('history_from') -%}
        '{{ config.get('meta').history_from }}'
        {%- else -%}
        null
        {%- endif %},
        {{ config.get('meta').get('chunk_sessions') or 'null' }}
    )
{% endmacro %}

{% macro replace_range(work, target, since, until, is_empty) %}
    {% set names = adapter.get_columns_in_relation(work) | map(attribute='quoted') | join(', ') %}
    {% if not is_empty %}
    delete from {{ target }} where trade_date between date '{{ since }}' and date '{{ until }}';
    {% endif %}
    insert into {{ target }} ({{ names }}) select {{ names }} from {{ work }} order by trade_date;
{% endmacro %}

{% macro update_columns(work, target, stale) %}
    update {{ target }} as t set
    {% for name in stale %}{{ name }} = w.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ work }} as w
    where {% for key in config.get('meta').grain %}
        t.{{ key }} = w.{{ key }}{{ ' and ' if not loop.last }}
    {% endfor %}
{% endmacro %}

{#
    Keeps what is about to be replaced: one row for each value that differs by
    more than rounding (1e-12 of it), with the load that caused the rebuild. A value
    where there was none is one too: as of an earlier time it was not there.
#}
{% macro keep_superseded(work, target, names, since, until) %}
    {% set grain = config.get('meta').grain %}
    insert into ops.factor_revision
        (factor_id, security_id, trade_date, old_value, new_value, build_id, load_id, published_at)
    select
        f.factor_id,
        {{ 'coalesce(old.security_id, new.security_id)' if 'security_id' in grain else 'null' }},
        f.trade_date, f.old_value, f.new_value,
        (select max(build_id) from ops.build where status = 'running'),
        i.dirty_load_id, i.built_at
    from (
        select * from {{ target }} where trade_date between date '{{ since }}' and date '{{ until }}'
    ) as old
    full join {{ work }} as new on
        {% for key in grain %}old.{{ key }} = new.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    cross join lateral (values
        {% for name in names %}
        (
            '{{ name }}', coalesce(old.trade_date, new.trade_date),
            old.{{ name }}::double precision, new.{{ name }}::double precision
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as f (factor_id, trade_date, old_value, new_value)
    left join ops.interval as i
        on i.model = '{{ model.name }}' and i.column_name = f.factor_id
        and i.trade_date = f.trade_date
    where f.old_value is distinct from f.new_value
    and not coalesce(abs(f.old_value - f.new_value) <= 1e-12 * abs(f.old_value), false)
{% endmacro %}

{% macro interval_done(columns, stale, since, until) %}
    {% set built = columns if stale is none else columns | selectattr('name', 'in', stale) | list %}
    select ops.finish_interval(
        '{{ model.name }}',
        {{ text_array(built | map(attribute='name')) }},
        {{ text_array(built | map(attribute='version')) }},
        '{{ since }}', '{{ until }}'
    )
{% endmacro %}
