{#
    test_portfolios(names, cap) -> a select: the rows of `names` (security_id, sector,
    the styles, a column of caps) once per test portfolio that holds them, with
    portfolio, portfolio_kind and amount (its weight before they are scaled to 1). Membership of a random portfolio is a hash of
    the security alone, so that a portfolio keeps its names.
#}
{% macro test_portfolios(names, cap) %}
    select
        held.portfolio,
        held.portfolio_kind,
        held.amount,
        {{ names }}.*
    from {{ names }}
    cross join lateral (
        select
            'market' as portfolio,
            'market' as portfolio_kind,
            {{ names }}.{{ cap }} as amount

        union all

        select
            risk.sector_factor({{ names }}.sector),
            'sector',
            {{ names }}.{{ cap }}

        union all

        select
            'random_' || number,
            'random',
            1
        from generate_series(1, 10) as number
        where
            (
                ({{ names }}.security_id * (2654435761 + 80 * number * 40503)) >> 13
            ) % 8 = 0

        union all

        select
            'style_' || style,
            'style',
            1
        from unnest(
            {{ text_array(var('styles')) }},
            array[
                {%- for style in var('styles') %}
                {{ names }}.{{ style }}{{ ',' if not loop.last }}
                {%- endfor %}
            ]
        ) as tilt (style, exposure)
        where exposure > 1
    ) as held
{% endmacro %}
