-- How many of the names that trade have each factor, by day.
-- Grain: one row per factor and day.
{% for family in var('families') %}
-- depends_on: {{ ref('fac_' ~ family) }}
{%- endfor %}

{{ config(
    materialized='interval',
    meta={
        'grain': ['factor_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro', 'maps']
    },
    indexes=[{'columns': ['trade_date']}]
) }}

with

eligible as (

    select
        trade_date,
        count(*) as n_eligible
    from {{ ref('int_prices__daily') }}
    where
        trade_date between {{ since() }} and {{ until() }}
        and not is_delisting
    group by trade_date

),

counted as (

    {% for family in var('families') %}
    select
        wide.trade_date,
        factor.factor_id,
        factor.n_values
    from (
        select
            trade_date{% for factor in factor_columns(family) %},
            count({{ factor.name }}) as {{ factor.name }}{% endfor %}
        from {{ ref('fac_' ~ family) }}
        where trade_date between {{ since() }} and {{ until() }}
        group by trade_date
    ) as wide
    cross join lateral (values
        {% for factor in factor_columns(family) %}
        ('{{ factor.name }}'::text, wide.{{ factor.name }}){{ ',' if not loop.last }}
        {% else %}
        (null::text, 0::bigint)
        {% endfor %}
    ) as factor (factor_id, n_values)
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        counted.factor_id,
        counted.trade_date,
        eligible.n_eligible::integer as n_eligible,
        counted.n_values::integer as n_values,
        counted.n_values::double precision / nullif(eligible.n_eligible, 0) as coverage
    from counted
    inner join eligible
        on counted.trade_date = eligible.trade_date

)

select * from final
