{#
    rank_family(family) -> one select: values with zscore, score and sector_score.

    Wide -> long -> rank and standardize -> wide inside one statement; nothing
    long is stored (a window per column is four times slower). Every step works
    within one date, so that each sort is a short one; no step is joined back.

    long: one row per security, date and factor that has a value.
    placed: its place in the cross-section; ties share the mean rank, from the
    rank and the number of peers in the same sort.
    bounded: the 1 % and 99 % points of each cross-section, interpolated between
    order statistics as NumPy does.
    winsorized, standardized: clamped values, their mean and standard deviation.
    in_sector: the place within the sector.
    scored, pivoted: zscore (unsigned), score = 100 * (mean rank - 1) / (n - 1) in the
    direction of the sign; null below 20 names (sector: 5).
#}
{% macro rank_family(family) %}
{% set factors = factor_columns(family) %}
with

long as (

    select
        wide.security_id,
        wide.trade_date,
        factor.factor_no,
        factor.sign,
        factor.value,
        sector.sector

    from {{ ref('fac_' ~ family) }} as wide

    left join {{ source('ref', 'sector_history') }} as sector
        on
            wide.security_id = sector.security_id
            and wide.trade_date >= sector.valid_from
            and (sector.valid_to is null or wide.trade_date < sector.valid_to)

    cross join lateral (values
        {% for factor in factors %}
        ({{ loop.index }}, {{ factor.meta.sign }}, wide.{{ factor.name }}){{ ',' if not loop.last }}
        {% else %}
        (0, 0, null::double precision)
        {% endfor %}
    ) as factor (factor_no, sign, value)

    where
        wide.trade_date between {{ since() }} and {{ until() }}
        and factor.value is not null

),

placed as (

    select
        *,
        row_number() over cross_section as place,
        rank() over cross_section as lowest,
        count(*) over (
            partition by trade_date, factor_no order by value
            range between current row and current row
        ) as peers,
        count(*) over (partition by trade_date, factor_no) as n
    from long
    window cross_section as (partition by trade_date, factor_no order by value)

),

-- Whole numbers: 1 % of n - 1 is (n - 1) / 100, and its fraction the remainder.
bounded as (

    select
        *,
        fac.between_order_statistics(
            max(value) filter (where place = (n - 1) / 100 + 1) over whole,
            max(value) filter (where place = least((n - 1) / 100 + 2, n)) over whole,
            ((n - 1) % 100)::double precision / 100
        ) as low,
        fac.between_order_statistics(
            max(value) filter (where place = 99 * (n - 1) / 100 + 1) over whole,
            max(value) filter (where place = least(99 * (n - 1) / 100 + 2, n)) over whole,
            (99 * (n - 1) % 100)::double precision / 100
        ) as high
    from placed
    window whole as (partition by trade_date, factor_no)

),

winsorized as (

    select
        *,
        least(greatest(value, low), high) as winsorized
    from bounded

),

standardized as (

    select
        *,
        avg(winsorized) over whole as mean,
        stddev_samp(winsorized) over whole as deviation
    from winsorized
    window whole as (partition by trade_date, factor_no)

),

in_sector as (

    select
        *,
        rank() over sector_section as sector_lowest,
        count(*) over (
            partition by trade_date, factor_no, sector order by value
            range between current row and current row
        ) as sector_peers,
        count(*) over (partition by trade_date, factor_no, sector) as sector_n
    from standardized
    window sector_section as (partition by trade_date, factor_no, sector order by value)

),

-- One array a value: the pivot then tests each row once per factor, not four times.
scored as (

    select
        security_id,
        trade_date,
        factor_no,
        array[
            value,
            case
                when n >= 20 and deviation > 1e-12 * abs(mean)
                    then (winsorized - mean) / deviation
            end,
            fac.score(lowest, peers, n, sign, 20),
            case
                when sector is not null
                    then fac.score(sector_lowest, sector_peers, sector_n, sign, 5)
            end
        ] as cells
    from in_sector

),

pivoted as (

    select
        security_id,
        trade_date
        {%- for factor in factors %},
        any_value(cells) filter (where factor_no = {{ loop.index }}) as cells_{{ loop.index }}
        {%- endfor %}
    from scored
    group by security_id, trade_date

)

select
    security_id,
    trade_date
    {%- for factor in factors %},
    cells_{{ loop.index }}[1] as {{ factor.name }},
    cells_{{ loop.index }}[2] as {{ factor.name }}__zscore,
    cells_{{ loop.index }}[3] as {{ factor.name }}__score,
    cells_{{ loop.index }}[4] as {{ factor.name }}__sector_score
    {%- endfor %}

from pivoted
{% endmacro %}
