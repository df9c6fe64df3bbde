{#
    long_factors(condition) -> a select: one row per security, date and factor with
    a value, of the dates that `condition` (on `wide.trade_date`) lets through.

    Columns: security_id, trade_date, factor_no (its place in all_factors()), signed
    (the value, turned so that the side the literature buys is the high one;
    descriptive factors stay as they are). One branch a family, each reading its
    table once.
#}
{% macro long_factors(condition) %}
    {% set factors = all_factors() %}
    {% for family in var('families') %}
    select
        wide.security_id,
        wide.trade_date,
        factor.factor_no,
        factor.signed
    from {{ ref('fac_' ~ family) }} as wide
    cross join lateral (values
        {% for factor in factors if factor.family == family %}
        ({{ factors.index(factor) }}, {{ '-' if factor.meta.sign == -1 }}wide.{{ factor.name }}){{ ',' if not loop.last }}
        {% else %}
        (0, null::double precision)
        {% endfor %}
    ) as factor (factor_no, signed)
    where {{ condition }} and factor.signed is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}

{# factor_numbers() -> rows (factor_no, factor_id), as long_factors numbers them. #}
{% macro factor_numbers() %}
    values
    {% for factor in all_factors() %}
        ({{ loop.index0 }}, '{{ factor.name }}'::text){{ ',' if not loop.last }}
    {% else %}
        (0, null::text)
    {% endfor %}
{% endmacro %}
