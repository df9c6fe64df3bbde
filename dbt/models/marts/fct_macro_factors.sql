-- Macro factors with their z-score against their own history as known then:
-- trailing ten years of sessions, three at the least; no cross-section.
-- Grain: one row per session and macro factor.
{% for family in var('macro_families') %}
-- depends_on: {{ ref('fac_' ~ family) }}
{%- endfor %}

{{ config(
    materialized='interval',
    meta={
        'grain': ['factor_id', 'trade_date'],
        'inputs': ['macro'],
        'history_from': '1995-01-03'
    }
) }}

with

long as (

    {% for factor in all_macro_factors() %}
    select
        trade_date,
        '{{ factor.name }}'::text as factor_id,
        {{ factor.name }} as value
    from {{ ref('fac_' ~ factor.family) }}
    where
        {{ factor.name }} is not null
        and trade_date between {{ since() }} - 3700 and {{ until() }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select null::date as trade_date, null::text as factor_id, null::double precision as value
    where false
    {% endfor %}

),

-- Sums of values less the first one: centred, so that squares lose no digits.
centred as (

    select
        *,
        value - first_value(value) over history as x
    from long
    window history as (partition by factor_id order by trade_date)

),

summed as (

    select
        *,
        row_number() over history as n,
        sum(x) over history as total,
        sum(x * x) over history as total_of_squares
    from centred
    window history as (partition by factor_id order by trade_date)

),

-- The trailing decade is a difference of running sums.
decade as (

    select
        trade_date,
        factor_id,
        value,
        x,
        least(n, 2520) as n,
        total - coalesce(lag(total, 2520) over history, 0) as total,
        total_of_squares - coalesce(lag(total_of_squares, 2520) over history, 0)
            as total_of_squares
    from summed
    window history as (partition by factor_id order by trade_date)

),

-- A factor is no better than the worst of its series.
graded as (

    select
        reads.factor_id,
        known.trade_date,
        case
            when bool_or(known.pit_grade = 'lagged_latest') then 'lagged_latest'
            else 'vintage'
        end as pit_grade
    from (
        values
        {% for factor in all_macro_factors() %}
        {%- for series in factor.meta.inputs %}
        ('{{ factor.name }}', '{{ series }}'),
        {%- endfor %}
        {%- endfor %}
        ('', '')
    ) as reads (factor_id, series_id)
    inner join {{ ref('int_macro__as_known') }} as known
        on reads.series_id = known.series_id
    where known.trade_date between {{ since() }} and {{ until() }}
    group by reads.factor_id, known.trade_date

),

final as (

    select
        decade.trade_date,
        decade.factor_id,
        decade.value,
        case
            when decade.n >= 756
                then fac.ratio(
                    decade.x - decade.total / decade.n,
                    sqrt(fac.variance(decade.n, decade.total, decade.total_of_squares))
                )
        end as zscore,
        graded.pit_grade
    from decade
    left join graded
        on
            decade.factor_id = graded.factor_id
            and decade.trade_date = graded.trade_date
    where decade.trade_date between {{ since() }} and {{ until() }}

)

select * from final
