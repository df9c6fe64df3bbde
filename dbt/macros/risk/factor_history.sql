{#
    factor_history() -> CTEs `spans` and `vectors`: factor returns as vectors of one
    fixed length, ready for a covariance path.

    spans: from each date on which a sector has its first return to the day before the
    next such date: its sectors in order. A day's covariance is of the factors that were
    there by then. Mostly one span.
    vectors: per span and session up to its end: market, sectors, styles, null where a
    factor has no return.
#}
{% macro factor_history() %}
first_returns as (

    select
        sectors.sector,
        min(day.trade_date) as first_date
    from {{ ref('rsk_regressions') }} as day
    cross join lateral unnest(day.sectors, day.sector_returns)
        as sectors (sector, sector_return)
    where day.trade_date <= {{ until() }} and sectors.sector_return is not null
    group by sectors.sector

),

spans as (

    select
        start.first_date,
        coalesce(
            lead(start.first_date) over (order by start.first_date) - 1, {{ until() }}
        ) as last_date,
        array(
            select earlier.sector from first_returns as earlier
            where earlier.first_date <= start.first_date
            order by earlier.sector
        ) as sectors
    from (select distinct first_date from first_returns) as start

),

vectors as (

    select
        spans.first_date as span_date,
        day.trade_date,
        session.session_no,
        day.market_return || array(
            select own.sector_return
            from unnest(spans.sectors) with ordinality as wanted (sector, place)
            left join unnest(day.sectors, day.sector_returns)
                as own (sector, sector_return)
                on wanted.sector = own.sector
            order by wanted.place
        ) || day.style_returns as returns

    from {{ ref('rsk_regressions') }} as day

    inner join spans
        on day.trade_date <= spans.last_date and spans.last_date >= {{ since() }}

    inner join {{ source('ref', 'session') }} as session
        on day.trade_date = session.session_date

    where day.market_return is not null

)
{% endmacro %}

{# factor_ids(sectors) -> the names of a vector's entries. #}
{% macro factor_ids(sectors) -%}
    array['market'] || array(
            select risk.sector_factor(named.sector)
            from unnest({{ sectors }}) with ordinality as named (sector, place)
            order by named.place
        ) || {{ text_array(var('styles')) }}
{%- endmacro %}
