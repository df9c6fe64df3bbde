{#
    carried(columns) -> a select of the last row of each security before since()

    The state that a forward accumulation goes on from: one row per security,
    the model's own row of its last date before the window. Empty when the
    relation, or one of the columns, is not there yet: all is built anew then.
#}
{% macro carried(columns) %}
    {% set existing = load_relation(this) if execute else none %}
    {% set present = adapter.get_columns_in_relation(existing) | map(attribute='name') | list
        if existing is not none else [] %}
    {% set missing = columns | reject('in', present) | list %}
    {% if existing is not none and not missing %}
        select last.*
        from {{ source('ref', 'security') }} as security
        cross join lateral (
            select security_id, trade_date, {{ columns | join(', ') }}
            from {{ this }}
            where security_id = security.security_id and trade_date < {{ since() }}
            order by trade_date desc
            limit 1
        ) as last
    {% else %}
        select
            null::integer as security_id,
            null::date as trade_date,
            {% for column in columns %}
            null::double precision as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        where false
    {% endif %}
{% endmacro %}
