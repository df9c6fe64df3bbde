{#
    upstream_code(node) -> text: the code of every model that the node reads,
    directly or not. A changed model upstream changes all that is built on it.
#}
{% macro upstream_code(node) %}
    {% set found = [] %}
    {% set waiting = node.depends_on.nodes | list %}
    {% for step in range(1000) if waiting %}
        {% set name = waiting.pop() %}
        {% if name not in found and name in graph.nodes %}
            {% do found.append(name) %}
            {% do waiting.extend(graph.nodes[name].depends_on.nodes) %}
        {% endif %}
    {% endfor %}
    {% set codes = [] %}
    {% for name in found | sort %}
        {% do codes.append(without_comments(graph.nodes[name].raw_code)) %}
    {% endfor %}
    {{ return(codes | join('\n')) }}
{% endmacro %}

{# without_comments(code) -> the code without SQL comments and white space. #}
{% macro without_comments(code) %}
    {{ return(modules.re.sub('\\s+', ' ', modules.re.sub('--[^\n]*', '', code))) }}
{% endmacro %}

{# code_version(node) -> hash of the node's own code and of all upstream. #}
{% macro code_version(node) %}
    {{ return(local_md5(without_comments(node.raw_code) ~ upstream_code(node))) }}
{% endmacro %}
