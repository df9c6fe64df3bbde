{#
    specific_returns_of(regressions, panel) -> a select: what a day's factor returns
    leave of each name's raw excess return.

    coefficients: the arrays of a day as one row per sector, market and sector added
    up. A sector without a return of its own, and a style left out, explain nothing.
#}
{% macro specific_returns_of(regressions, panel) %}
    with

    coefficients as (

        select
            day.trade_date,
            sectors.sector,
            day.market_return,
            sectors.sector_return
            {%- for style in var('styles') %},
            coalesce(day.style_returns[{{ loop.index }}], 0) as {{ style }}
            {%- endfor %}
        from {{ ref(regressions) }} as day
        cross join lateral unnest(day.sectors, day.sector_returns)
            as sectors (sector, sector_return)
        where
            day.trade_date between {{ since() }} and {{ until() }}
            and day.market_return is not null

    ),

    days as (

        select distinct on (trade_date) * from coefficients

    )

    select
        panel.security_id,
        panel.trade_date,
        panel.session_no,
        panel.excess_return,
        panel.excess_return - days.market_return - coalesce(own.sector_return, 0)
        {%- for style in var('styles') %}
        - panel.{{ style }} * days.{{ style }}
        {%- endfor %} as specific_return
    from {{ ref(panel) }} as panel
    inner join days on panel.trade_date = days.trade_date
    left join coefficients as own
        on panel.trade_date = own.trade_date and panel.sector = own.sector
    where panel.trade_date between {{ since() }} and {{ until() }}
{% endmacro %}
