{#
    unique_grain: no two rows of the model share the columns of its meta.grain,
    and none of them is null.
#}
{% test unique_grain(model) %}
    {% set nodes = graph.nodes.values() if execute else [] %}
    {% set node = nodes
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('relation_name', 'equalto', model | string) | first %}
    {% set grain = node.config.meta.grain if node else ['trade_date'] %}
    select {{ grain | join(', ') }}
    from {{ model }}
    group by {{ grain | join(', ') }}
    having count(*) > 1 or not ({{ grain | join(' is not null and ') }} is not null)
{% endtest %}
