{# What rsk_specific_risk goes on from: its own rows before since(); none at first. #}

{# The last kept sums of each model and security. #}
{% macro kept_specific_states(lags) %}
    {% if is_there_already() %}
        select
            models.model_id,
            security.security_id,
            last.*
        from models
        cross join {{ source('ref', 'security') }} as security
        cross join lateral (
            select
                trade_date,
                n_days,
                weight_sum,
                sum_0
                {%- for lag in lags %},
                sum_{{ lag }}
                {%- endfor %}
            from {{ this }}
            where
                model_id = models.model_id
                and security_id = security.security_id
                and trade_date < {{ since() }}
                and weight_sum is not null
            order by trade_date desc
            limit 1
        ) as last
    {% else %}
        select
            null::integer as model_id,
            null::integer as security_id,
            null::date as trade_date,
            null::integer as n_days,
            null::double precision as weight_sum,
            null::double precision as sum_0
            {%- for lag in lags %},
            null::double precision as sum_{{ lag }}
            {%- endfor %}
        where false
    {% endif %}
{% endmacro %}

{# The forecasts of the last session before since(). #}
{% macro last_specific_forecasts() %}
    select
        {% if is_there_already() %}
        model_id,
        security_id,
        session_no,
        cap_usd,
        shrunk_volatility
        from {{ this }}
        where
            is_estimated
            and trade_date = (
                select max(session_date) from {{ source('ref', 'session') }}
                where session_date < {{ since() }}
            )
        {% else %}
        null::integer,
        null::integer,
        null::integer,
        null::double precision,
        null::double precision
        where false
        {% endif %}
{% endmacro %}

{# Each model's regime sums before since(). #}
{% macro last_specific_regimes() %}
    {% if is_there_already() %}
        select
            models.model_id,
            last.*
        from models
        cross join lateral (
            select
                regime_sum,
                regime_weight,
                regime_days
            from {{ this }}
            where
                model_id = models.model_id
                and trade_date < {{ since() }}
                and regime_sum is not null
            order by trade_date desc
            limit 1
        ) as last
    {% else %}
        select
            null::integer as model_id,
            null::double precision as regime_sum,
            null::double precision as regime_weight,
            null::integer as regime_days
        where false
    {% endif %}
{% endmacro %}

{# Whether the running model's relation exists. #}
{% macro is_there_already() %}
    {{ return(execute and load_relation(this) is not none) }}
{% endmacro %}
