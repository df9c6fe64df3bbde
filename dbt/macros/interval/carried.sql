{#
    carried(columns) -> a select of the last row of each security before since()

    The state that a forward accumulation goes on from: one row per security,
    the model's own row of its last date before the window. Empty the first
    time, when the relation is not there yet.
#}
{% macro carried(columns) %}
    {% if execute and load_relation(this) is not none %}
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
