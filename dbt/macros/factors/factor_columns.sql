{#
    factor_columns(family) -> list of column nodes {name, description, meta, …}.

    Reads the family's YAML: every column outside the grain is a factor, and
    must declare a sign, a unit and a source. Empty while dbt is only parsing,
    because the graph does not exist yet.
#}
{% macro factor_columns(family) %}
    {% set factors = [] %}
    {% if execute %}
        {% set node = graph.nodes['model.' ~ project_name ~ '.fac_' ~ family] %}
        {% for column in node.columns.values() if column.name not in node.config.meta.grain %}
            {% set meta = column.config.meta if column.config and column.config.meta else column.meta %}
            {% if meta.sign not in [-1, 0, 1] or not meta.source or not meta.unit %}
                {{ exceptions.raise_compiler_error(
                    'fac_' ~ family ~ '.' ~ column.name ~ ': meta needs a sign, a unit and a source'
                ) }}
            {% endif %}
            {% do factors.append({
                'name': column.name, 'description': column.description, 'meta': meta,
                'family': family, 'kind': node.config.meta.kind
            }) %}
        {% endfor %}
    {% endif %}
    {{ return(factors) }}
{% endmacro %}
