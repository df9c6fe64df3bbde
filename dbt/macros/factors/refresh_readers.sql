{#
    refresh_readers(results): the last step of a run: refresh every materialized
    view of marts concurrently. Skipped where a model failed: readers keep the
    last whole build.
#}
{% macro refresh_readers(results) %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set failed = results | selectattr('status', 'in', ['error', 'fail']) | list %}
        {% if failed | length == 0 %}
            {% for node in graph.nodes.values()
                if node.resource_type == 'model' and node.config.materialized == 'reader_view' %}
                {% set relation = adapter.get_relation(node.database, node.schema, node.alias) %}
                {% if relation is not none %}
                    {% do run_query('refresh materialized view concurrently ' ~ relation) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endif %}
    select 1
{% endmacro %}
