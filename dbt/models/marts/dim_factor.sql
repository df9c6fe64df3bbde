-- The registry: every factor, from the YAML of its family.
-- Grain: one row per factor.
-- depends_on: the YAML of all families, through the graph.

{{ config(materialized='reader_view', meta={'grain': ['factor_id']}) }}

{% set factors = all_factors() + all_macro_factors() %}

with

registry as (

    select
        factor_id,
        family,
        kind,
        sign,
        unit,
        description,
        formula,
        source,
        string_to_array(inputs, '|') as inputs,
        horizon,
        is_discrete,
        sign <> 0 as is_ranked

    from (
        values
        {% for factor in factors %}
        (
            '{{ factor.name }}', '{{ factor.family }}', '{{ factor.kind }}',
            {{ factor.meta.sign }}, '{{ factor.meta.unit | replace("'", "''") }}',
            '{{ factor.description | trim | replace("'", "''") }}',
            '{{ (modules.re.findall('`([^`]*)`', factor.description) | first | default('')) | replace("'", "''") }}',
            '{{ factor.meta.source | replace("'", "''") }}',
            '{{ factor.meta.inputs | join('|') }}',
            '{{ factor.meta.horizon }}',
            {{ factor.meta.get('is_discrete', false) }}
        ){{ ',' if not loop.last }}
        {% else %}
        ('', '', '', 0, '', '', '', '', '', '', false)
        {% endfor %}
    ) as registry (
        factor_id, family, kind, sign, unit, description, formula, source, inputs, horizon,
        is_discrete
    )

),

-- The grade of each series at the latest session it is known at.
series_grade as (

    select
        series_id,
        (array_agg(pit_grade order by trade_date desc))[1] as pit_grade
    from {{ ref('int_macro__as_known') }}
    where trade_date > (select max(trade_date) from {{ ref('int_market__daily') }}) - 100
    group by series_id

)

select
    registry.*,
    coalesce(
        (
            select min(series_grade.pit_grade)
            from series_grade
            where series_grade.series_id = any(registry.inputs)
        ),
        'point_in_time'
    ) as pit_grade

from registry
