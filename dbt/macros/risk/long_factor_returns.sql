{#
    long_factor_returns(regressions) -> a select: the arrays of each day as one row per
    factor.
#}
{% macro long_factor_returns(regressions) %}
select
    day.trade_date,
    factor.factor_id,
    factor.factor_kind,
    factor.factor_return,
    factor.standard_error,
    factor.factor_return / nullif(factor.standard_error, 0) as t_stat,
    factor.vif

from {{ ref(regressions) }} as day

cross join lateral (
    select
        'market' as factor_id,
        'market' as factor_kind,
        day.market_return as factor_return,
        day.market_error as standard_error,
        null::double precision as vif

    union all

    select
        risk.sector_factor(own.sector),
        'sector',
        own.sector_return,
        own.sector_error,
        null
    from unnest(day.sectors, day.sector_returns, day.sector_errors)
        as own (sector, sector_return, sector_error)

    union all

    select
        own.style,
        'style',
        own.style_return,
        own.style_error,
        own.vif
    from unnest(
        {{ text_array(var('styles')) }},
        day.style_returns, day.style_errors, day.style_vifs
    ) as own (style, style_return, style_error, vif)
) as factor

where day.market_return is not null
{% endmacro %}
