{#
    rank_family(family) -> one select: values with zscore, score and sector_score.

    A place is looked up, not sorted into a row: each date has one ascending array a
    factor, and width_bucket() counts by bisection how many of its values are not above
    a given one. The same in the array of negated values counts those not below it, and
    from both follows the mean rank of ties. A window per factor, or a long form, sorts
    and moves whole rows instead and is four times slower.

    listed: values with the sector of the day.
    in_order: each date's values of a factor, ascending, and negated, ascending.
    whole: their number, the 1 % and 99 % points, interpolated between order statistics
    as NumPy does, and mean and standard deviation of the values clamped to these.
    in_sector: as in_order, for each sector.
    At last zscore (unsigned), and score = 100 * (mean rank - 1) / (n - 1) in the
    direction of the sign; null below 20 names (sector: 5).
#}
{% macro rank_family(family) %}
{% set factors = factor_columns(family) %}
with

listed as materialized (

    select
        wide.*,
        sector.sector

    from {{ ref('fac_' ~ family) }} as wide

    left join {{ source('ref', 'sector_history') }} as sector
        on
            wide.security_id = sector.security_id
            and wide.trade_date >= sector.valid_from
            and (sector.valid_to is null or wide.trade_date < sector.valid_to)

    where wide.trade_date between {{ since() }} and {{ until() }}

),

in_order as (

    select
        trade_date
        {%- for factor in factors %},
        {{ in_order(factor.name) }}
        {%- endfor %}
    from listed
    group by trade_date

),

whole as (

    select
        in_order.*
        {%- for factor in factors %},
        {{ factor.name }}__points.n as {{ factor.name }}__n,
        {{ factor.name }}__points.low as {{ factor.name }}__low,
        {{ factor.name }}__points.high as {{ factor.name }}__high,
        {{ factor.name }}__points.mean as {{ factor.name }}__mean,
        {{ factor.name }}__points.deviation as {{ factor.name }}__deviation
        {%- endfor %}
    from in_order
    {%- for factor in factors %}
    {{ winsorized_moments(factor.name ~ '__up') }} as {{ factor.name }}__points
    {%- endfor %}

),

in_sector as (

    select
        trade_date,
        sector
        {%- for factor in factors %},
        {{ in_order(factor.name) }},
        count({{ factor.name }}) as {{ factor.name }}__n
        {%- endfor %}
    from listed
    where sector is not null
    group by trade_date, sector

)

select
    listed.security_id,
    listed.trade_date
    {%- for factor in factors %},
    {%- set name = factor.name %}
    listed.{{ name }},
    case
        when
            listed.{{ name }} is not null
            and whole.{{ name }}__n >= 20
            and whole.{{ name }}__deviation > 1e-12 * abs(whole.{{ name }}__mean)
            then
                (
                    least(greatest(listed.{{ name }}, whole.{{ name }}__low), whole.{{ name }}__high)
                    - whole.{{ name }}__mean
                ) / whole.{{ name }}__deviation
    end as {{ name }}__zscore,
    fac.score(
        width_bucket(listed.{{ name }}, whole.{{ name }}__up),
        width_bucket(-listed.{{ name }}, whole.{{ name }}__down),
        whole.{{ name }}__n, {{ factor.meta.sign }}, 20
    ) as {{ name }}__score,
    fac.score(
        width_bucket(listed.{{ name }}, in_sector.{{ name }}__up),
        width_bucket(-listed.{{ name }}, in_sector.{{ name }}__down),
        in_sector.{{ name }}__n, {{ factor.meta.sign }}, 5
    ) as {{ name }}__sector_score
    {%- endfor %}

from listed

inner join whole on listed.trade_date = whole.trade_date

left join in_sector
    on listed.trade_date = in_sector.trade_date and listed.sector = in_sector.sector
{% endmacro %}

{# in_order(name) -> two columns: the values ascending, and the negated ones. #}
{% macro in_order(name) -%}
    array_agg({{ name }} order by {{ name }})
            filter (where {{ name }} is not null) as {{ name }}__up,
        array_agg(-{{ name }} order by {{ name }} desc)
            filter (where {{ name }} is not null) as {{ name }}__down
{%- endmacro %}

{#
    winsorized_moments(sorted) -> a lateral join of one row: n, low, high, mean, deviation.
    Whole numbers: 1 % of n - 1 is (n - 1) / 100, and its fraction the remainder.
#}
{% macro winsorized_moments(sorted) -%}
    cross join lateral (
        select bounds.*, moments.*
        from (
            select
                counted.n,
                fac.between_order_statistics(
                    {{ sorted }}[(n - 1) / 100 + 1],
                    {{ sorted }}[least((n - 1) / 100 + 2, n)],
                    ((n - 1) % 100)::double precision / 100
                ) as low,
                fac.between_order_statistics(
                    {{ sorted }}[99 * (n - 1) / 100 + 1],
                    {{ sorted }}[least(99 * (n - 1) / 100 + 2, n)],
                    (99 * (n - 1) % 100)::double precision / 100
                ) as high
            from (select coalesce(cardinality({{ sorted }}), 0) as n) as counted
            -- Computed once, not once per value.
            offset 0
        ) as bounds
        cross join lateral (
            select
                avg(least(greatest(value, bounds.low), bounds.high)) as mean,
                stddev_samp(least(greatest(value, bounds.low), bounds.high)) as deviation
            from unnest({{ sorted }}) as value
        ) as moments
    )
{%- endmacro %}
