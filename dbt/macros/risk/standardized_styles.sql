{#
    standardized_styles(described) -> CTEs and the final select: exposures from styles
    that are known for some names, on any scale.

    by_sector: sums and counts of each style over a sector's estimation names.
    by_date: the same over all sectors: what stands in where a sector knows too little,
    and size, known for all names, as mean and deviation, since its cube needs it.
    filled: every name has every style; what was missing is listed in `imputed`.
    moments: of the filled styles on the estimation universe, by date: weighted by root
    cap where one style is regressed on others (w, with the products in question), by
    cap for the means, equally for variances. What follows is affine in the styles, so
    the moments of a residual follow from them and no row is read again.
    coefficients: intercept and slopes of the three regressions.
    scales: mean and deviation of each style, after its regression.
#}
{% macro standardized_styles(described) %}
{%- set styles = var('styles') -%}
{%- set known = styles | reject('equalto', 'non_linear_size') | list -%}
by_sector as (

    select
        trade_date,
        sector
        {%- for style in known %},
        sum({{ style }}) as {{ style }}__sum,
        count({{ style }}) as {{ style }}__n
        {%- endfor %},
        sum(cap_usd * size) as cap_size,
        sum(cap_usd) filter (where size is not null) as cap,
        sum(size * size) as size_2
    from {{ described }}
    where is_estimated
    group by trade_date, sector

),

by_date as (

    select
        trade_date
        {%- for style in known %},
        sum({{ style }}__sum) / nullif(sum({{ style }}__n), 0) as {{ style }}__mean
        {%- endfor %},
        sum(cap_size) / nullif(sum(cap), 0) as size_centre,
        sqrt(nullif(fac.variance(
            sum(size__n)::double precision, sum(size__sum), sum(size_2)
        ), 0)) as size_deviation
    from by_sector
    group by trade_date

),

filled as materialized (

    select
        placed.security_id,
        placed.trade_date,
        placed.sector,
        placed.cap_usd,
        placed.is_estimated,
        sqrt(placed.cap_usd) as w,
        {%- for style in known %}
        coalesce(
            placed.{{ style }},
            case
                when by_sector.{{ style }}__n >= {{ var('imputation_names') }}
                    then by_sector.{{ style }}__sum / by_sector.{{ style }}__n
                else by_date.{{ style }}__mean
            end,
            0
        ) as {{ style }},
        {%- endfor %}
        coalesce(
            (
                (
                    coalesce(placed.size, by_date.size_centre) - by_date.size_centre
                ) / by_date.size_deviation
            ) ^ 3, 0
        ) as non_linear_size,
        array_remove(array[
            {%- for style in known %}
            case when placed.{{ style }} is null then '{{ style }}' end
            {{- ',' if not loop.last }}
            {%- endfor %}
        ], null) as imputed

    from {{ described }} as placed

    inner join by_date on placed.trade_date = by_date.trade_date

    left join by_sector
        on
            placed.trade_date = by_sector.trade_date
            and placed.sector = by_sector.sector

),

moments as (

    select
        trade_date,
        count(*) as n,
        sum(cap_usd) as cap,
        sum(w) as w
        {%- for style in styles %},
        sum(cap_usd * {{ style }}) / sum(cap_usd) as {{ style }}__centre,
        var_samp({{ style }}) as {{ style }}__variance
        {%- endfor %}
        {%- for style in ['size', 'beta', 'non_linear_size', 'residual_volatility', 'liquidity'] %},
        sum(w * {{ style }}) / sum(w) as {{ style }}__w
        {%- endfor %}
        {%- for one, other in [
            ('size', 'size'), ('beta', 'beta'), ('size', 'beta'),
            ('size', 'non_linear_size'), ('size', 'residual_volatility'),
            ('size', 'liquidity'), ('beta', 'residual_volatility')
        ] %},
        sum(w * {{ one }} * {{ other }}) / sum(w) as {{ one }}__{{ other }}__w
        {%- endfor %}
        {%- for one, other in [
            ('size', 'beta'), ('size', 'non_linear_size'), ('size', 'residual_volatility'),
            ('size', 'liquidity'), ('beta', 'residual_volatility')
        ] %},
        covar_samp({{ one }}, {{ other }}) as {{ one }}__{{ other }}__covariance
        {%- endfor %}
    from filled
    where is_estimated
    group by trade_date

),

centred as (

    select
        *,
        size__size__w - size__w ^ 2 as ss,
        beta__beta__w - beta__w ^ 2 as bb,
        size__beta__w - size__w * beta__w as sb,
        size__non_linear_size__w - size__w * non_linear_size__w as sn,
        size__liquidity__w - size__w * liquidity__w as sl,
        size__residual_volatility__w - size__w * residual_volatility__w as sr,
        beta__residual_volatility__w - beta__w * residual_volatility__w as br
    from moments

),

-- A regressor without variation of its own explains nothing.
coefficients as (

    select
        *,
        case when ss > 1e-12 then sn / ss else 0 end as non_linear_size__on_size,
        case when ss > 1e-12 then sl / ss else 0 end as liquidity__on_size,
        case
            when ss * bb - sb * sb > 1e-10 * ss * bb
                then (bb * sr - sb * br) / (ss * bb - sb * sb)
            when ss > 1e-12 then sr / ss
            else 0
        end as residual_volatility__on_size,
        case
            when ss * bb - sb * sb > 1e-10 * ss * bb
                then (ss * br - sb * sr) / (ss * bb - sb * sb)
            when ss <= 1e-12 and bb > 1e-12 then br / bb
            else 0
        end as residual_volatility__on_beta
    from centred

),

scales as (

    select
        trade_date,
        non_linear_size__on_size,
        liquidity__on_size,
        residual_volatility__on_size,
        residual_volatility__on_beta
        {%- for style in styles %},
        {{ style }}__centre
        {%- if style in ['non_linear_size', 'liquidity', 'residual_volatility'] %}
        - {{ style }}__on_size * size__centre
        {%- endif %}
        {%- if style == 'residual_volatility' %}
        - residual_volatility__on_beta * beta__centre
        {%- endif %} as {{ style }}__centre,
        case
            when {{ style }}__variance > 1e-12
                then sqrt(nullif(greatest({{ residual_variance(style) }}, 0), 0))
        end as {{ style }}__deviation
        {%- endfor %}
    from coefficients

),

final as (

    select
        filled.security_id,
        filled.trade_date,
        filled.sector,
        filled.cap_usd,
        filled.is_estimated,
        filled.imputed
        {%- for style in styles %},
        coalesce(
            (
                filled.{{ style }}
                {%- if style in ['non_linear_size', 'liquidity', 'residual_volatility'] %}
                - scales.{{ style }}__on_size * filled.size
                {%- endif %}
                {%- if style == 'residual_volatility' %}
                - scales.residual_volatility__on_beta * filled.beta
                {%- endif %}
                - scales.{{ style }}__centre
            ) / scales.{{ style }}__deviation,
            0
        ) as {{ style }}
        {%- endfor %}
    from filled
    inner join scales on filled.trade_date = scales.trade_date

)

select * from final
{% endmacro %}

{# residual_variance(style) -> its equal-weighted variance after its regression, if it has one. #}
{% macro residual_variance(style) -%}
    {{ style }}__variance
    {%- if style in ['non_linear_size', 'liquidity', 'residual_volatility'] %}
    + {{ style }}__on_size ^ 2 * size__variance
    - 2 * {{ style }}__on_size * size__{{ style }}__covariance
    {%- endif %}
    {%- if style == 'residual_volatility' %}
    + residual_volatility__on_beta ^ 2 * beta__variance
    - 2 * residual_volatility__on_beta * beta__residual_volatility__covariance
    + 2 * residual_volatility__on_size * residual_volatility__on_beta
    * size__beta__covariance
    {%- endif %}
{%- endmacro %}
