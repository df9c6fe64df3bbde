-- Exposures of the risk model at each close. Descriptors are the winsorized z-scores
-- of the factor library; a style is the mean of those known. Missing styles take the
-- mean of the sector's estimation names, or of all of them where the sector has too
-- few, and are named in `imputed`. Then, on the estimation universe: non-linear size
-- is made orthogonal to size, residual volatility to beta and size, liquidity to
-- size, by regression with weights of root cap; and every style gets a cap-weighted
-- mean of 0 and an equal-weighted standard deviation of 1. A style without any
-- variation is 0 for all.
-- Grain: one row per security and session, of names with a market cap and a sector.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology, appendix A and section 3.

{{ config(
    meta={
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
        'chunk_sessions': 252
    },
    indexes=[{'columns': ['trade_date']}],
    pre_hook=joined_by_hash()
) }}

with

covered as (

    select
        cap.security_id,
        cap.trade_date,
        sector.sector,
        cap.line_market_cap as cap_usd,
        cap.price >= {{ var('estimation_price_usd') }}
        and coalesce(class.is_primary, security.is_primary) as is_eligible

    from {{ ref('int_market_caps__daily') }} as cap

    inner join {{ source('ref', 'security') }} as security
        on cap.security_id = security.security_id

    left join {{ ref('share_classes') }} as class
        on security.permanent_ticker = class.ticker

    inner join {{ source('ref', 'sector_history') }} as sector
        on
            cap.security_id = sector.security_id
            and cap.trade_date >= sector.valid_from
            and (sector.valid_to is null or cap.trade_date < sector.valid_to)

    where
        cap.trade_date between {{ since() }} and {{ until() }}
        and cap.line_market_cap > 0
        and sector.sector is not null

),

described as (

    select
        covered.security_id,
        covered.trade_date,
        covered.sector,
        covered.cap_usd,
        covered.is_eligible and volatility.beta_252d is not null as is_eligible,

        size.log_market_equity__zscore as size,
        volatility.beta_252d__zscore as beta,
        momentum.momentum_12m_1m__zscore as momentum,
        reversal.reversal_1m__zscore as short_term_reversal,
        fac.mean_of_known(
            volatility.idiosyncratic_volatility_252d__zscore,
            volatility.volatility_21d__zscore,
            volatility.range_volatility_63d__zscore
        ) as residual_volatility,
        fac.mean_of_known(
            cross_source.turnover_21d__zscore,
            -liquidity.illiquidity_252d__zscore,
            liquidity.log_dollar_volume_63d__zscore
        ) as liquidity,
        value.book_to_market__zscore as value,
        fac.mean_of_known(
            value.earnings_to_price__zscore, value.cash_flow_to_price__zscore
        ) as earnings_yield,
        fac.mean_of_known(
            growth.sales_growth_1y__zscore, growth.earnings_growth_1y__zscore
        ) as growth,
        fac.mean_of_known(
            health.debt_to_market__zscore,
            health.debt_to_assets__zscore,
            health.book_leverage__zscore
        ) as leverage,
        fac.mean_of_known(
            profitability.gross_profits_to_assets__zscore,
            profitability.return_on_equity__zscore,
            profitability.return_on_assets__zscore
        ) as profitability,
        fac.mean_of_known(
            -growth.asset_growth_1y__zscore,
            -growth.investment_to_assets__zscore,
            -health.accruals__zscore
        ) as investment_quality,
        value.dividend_yield__zscore as dividend_yield

    from covered
    {% for family, alias in [
        ('size', 'size'), ('volatility', 'volatility'), ('momentum', 'momentum'),
        ('reversal', 'reversal'), ('liquidity', 'liquidity'),
        ('cross_source', 'cross_source'), ('value', 'value'), ('growth', 'growth'),
        ('financial_health', 'health'), ('profitability', 'profitability')
    ] %}
    left join {{ ref('rnk_' ~ family) }} as {{ alias }}
        on
            covered.security_id = {{ alias }}.security_id
            and covered.trade_date = {{ alias }}.trade_date
            and {{ alias }}.trade_date between {{ since() }} and {{ until() }}
    {% endfor %}

),

placed as materialized (

    select
        *,
        is_eligible
        and row_number() over (
            partition by trade_date, is_eligible order by cap_usd desc, security_id
        ) <= {{ var('estimation_names') }} as is_estimated
    from described

),

{{ standardized_styles('placed') }}
