{#
    unique_grain: no two rows of the model share the columns of its grain, and none of
    them is null but those that may be. The grain is meta.grain where none is named.
#}
{% test unique_grain(model, grain=none, may_be_null=[]) %}
    {% set nodes = graph.nodes.values() if execute else [] %}
    {% set node = nodes
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('relation_name', 'equalto', model | string) | first %}
    {% set grain = grain or (node.config.meta.grain if node else ['trade_date']) %}
    {% set keys = grain | reject('in', may_be_null) | list %}
    select {{ grain | join(', ') }}
    from {{ model }}
    group by {{ grain | join(', ') }}
    having count(*) > 1 or not ({{ keys | join(' is not null and ') }} is not null)
{% endtest %}
