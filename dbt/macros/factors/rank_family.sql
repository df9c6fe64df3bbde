{#
    rank_family(family) -> one select: values with zscore, score and sector_score.

    Wide -> long -> rank and standardize -> wide inside one statement; nothing
    long is stored (a window per column is four times slower).

    long: one row per security, date and factor that has a value.
    placed: its place in the cross-section and in its sector; ties share the
    mean rank, from the rank and the number of peers in the same sort.
    bounds: the 1 % and 99 % points of each cross-section, interpolated between
    order statistics as NumPy does.
    clamped, moments: winsorized values and their mean and standard deviation.
    scored: zscore (unsigned), score = 100 * (mean rank - 1) / (n - 1) in the
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

    cross join lateral (values
        {% for factor in factors %}
        ({{ loop.index }}, {{ factor.meta.sign }}, wide.{{ factor.name }}){{ ',' if not loop.last }}
        {% else %}
        (0, 0, null::double precision)
        {% endfor %}
    ) as factor (factor_no, sign, value)

    left join {{ source('ref', 'sector_history') }} as sector
        on
            wide.security_id = sector.security_id
            and wide.trade_date >= sector.valid_from
            and (sector.valid_to is null or wide.trade_date < sector.valid_to)

    where
        wide.trade_date between {{ since() }} and {{ until() }}
        and factor.value is not null

),

placed as (

    select
        security_id,
        trade_date,
        factor_no,
        sign,
        value,
        row_number() over cross_section as place,
        rank() over cross_section as lowest,
        count(*) over (
            partition by trade_date, factor_no order by value
            range between current row and current row
        ) as peers,
        count(*) over (partition by trade_date, factor_no) as n,
        rank() over within_sector as sector_lowest,
        count(*) over (
            partition by trade_date, factor_no, sector order by value
            range between current row and current row
        ) as sector_peers,
        count(*) over (partition by trade_date, factor_no, sector) as sector_n,
        sector

    from long

    window
        cross_section as (partition by trade_date, factor_no order by value),
        within_sector as (partition by trade_date, factor_no, sector order by value)

),

bounds as (

    select
        trade_date,
        factor_no,
        fac.between_order_statistics(
            max(value) filter (where place = floor(0.01 * (n - 1)) + 1),
            max(value) filter (where place = least(floor(0.01 * (n - 1)) + 2, n)),
            0.01 * (max(n) - 1)
        ) as low,
        fac.between_order_statistics(
            max(value) filter (where place = floor(0.99 * (n - 1)) + 1),
            max(value) filter (where place = least(floor(0.99 * (n - 1)) + 2, n)),
            0.99 * (max(n) - 1)
        ) as high
    from placed
    group by trade_date, factor_no

),

clamped as (

    select
        placed.*,
        least(greatest(placed.value, bounds.low), bounds.high) as winsorized
    from placed
    inner join bounds
        on placed.trade_date = bounds.trade_date and placed.factor_no = bounds.factor_no

),

moments as (

    select
        trade_date,
        factor_no,
        avg(winsorized) as mean,
        stddev_samp(winsorized) as deviation
    from clamped
    group by trade_date, factor_no

),

scored as (

    select
        clamped.security_id,
        clamped.trade_date,
        clamped.factor_no,
        clamped.value,
        case
            when clamped.n >= 20 and moments.deviation > 1e-12 * abs(moments.mean)
                then (clamped.winsorized - moments.mean) / moments.deviation
        end as zscore,
        fac.score(clamped.lowest, clamped.peers, clamped.n, clamped.sign, 20) as score,
        case
            when clamped.sector is not null
                then fac.score(
                    clamped.sector_lowest, clamped.sector_peers, clamped.sector_n,
                    clamped.sign, 5
                )
        end as sector_score
    from clamped
    inner join moments
        on clamped.trade_date = moments.trade_date and clamped.factor_no = moments.factor_no

)

select
    security_id,
    trade_date
    {%- for factor in factors %},
    max(value) filter (where factor_no = {{ loop.index }}) as {{ factor.name }},
    max(zscore) filter (where factor_no = {{ loop.index }}) as {{ factor.name }}__zscore,
    max(score) filter (where factor_no = {{ loop.index }}) as {{ factor.name }}__score,
    max(sector_score) filter (where factor_no = {{ loop.index }}) as {{ factor.name }}__sector_score
    {%- endfor %}

from scored

group by security_id, trade_date
{% endmacro %}
