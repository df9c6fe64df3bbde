{#
    kept_states() -> a select of the states that the running model kept before since():
    model_id, trade_date, factor_ids, state. Empty while it is built for the first time.
#}
{% macro kept_states() %}
    {% set existing = load_relation(this) if execute else none %}
    {% if existing is not none %}
        select
            model_id,
            trade_date,
            factor_ids,
            state
        from {{ this }}
        where trade_date < {{ since() }} and state is not null
    {% else %}
        select
            null::integer as model_id,
            null::date as trade_date,
            null::text[] as factor_ids,
            null::double precision[] as state
        where false
    {% endif %}
{% endmacro %}
