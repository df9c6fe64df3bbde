-- A family with a model but not in the project's lists would have no scores.
{% set listed = var('families') + var('macro_families') %}
{% set missing = [] %}
{% for node in (graph.nodes.values() if execute else [])
    if node.resource_type == 'model' and node.name.startswith('fac_')
    and node.name[4:] not in listed %}
    {% do missing.append(node.name) %}
{% endfor %}
{% for name in missing %}
select '{{ name }}' as family {{ 'union all' if not loop.last }}
{% else %}
select null as family where false
{% endfor %}
