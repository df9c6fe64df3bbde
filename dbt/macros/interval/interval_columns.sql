{#
    interval_columns(node) -> list of {name, version}

    The columns whose history the ledger keeps apart. For a factor family: its
    factors, each with the hash of its own expression and of what the model's
    factors share: a changed formula rebuilds its column, a changed CTE or a
    changed model upstream all of them. For any other model: '*', with the hash
    of its code and of all upstream.
#}
{% macro interval_columns(node) %}
    {% set code = modules.re.sub('--[^\n]*', '', node.raw_code) %}
    {% if node.config.meta.get('ranks') %}
        {% set family = graph.nodes['model.' ~ project_name ~ '.fac_' ~ node.config.meta.family] %}
        {% set versions = interval_columns(family) | map(attribute='version') | join %}
        {{ return([{'name': '*', 'version': local_md5(code_version(node) ~ versions)}]) }}
    {% elif not node.config.meta.get('family') %}
        {{ return([{'name': '*', 'version': code_version(node)}]) }}
    {% endif %}
    {% set grain = node.config.meta.grain %}
    {% set parts = modules.re.split('\\bas\\s+([a-z_0-9]+)\\s*(?=,|\\n)', code) %}
    {% set formulas = {} %}
    {% set shared = [parts[-1], upstream_code(node)] %}
    {% for i in range(1, parts | length, 2) %}
        {% if parts[i] in node.columns and parts[i] not in grain %}
            {% do formulas.update({parts[i]: parts[i - 1]}) %}
        {% else %}
            {% do shared.append(parts[i] ~ parts[i - 1]) %}
        {% endif %}
    {% endfor %}
    {% set columns = [] %}
    {% for name in node.columns if name not in grain %}
        {% do columns.append({
            'name': name,
            'version': local_md5(
                (formulas.get(name, '') ~ shared | join('')) | replace(' ', '') | replace('\n', '')
            )
        }) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
