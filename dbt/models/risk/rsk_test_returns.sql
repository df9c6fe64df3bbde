-- What test portfolios earned, day by day, and what a one-factor model needs to
-- forecast it: portfolios that validation holds against the forecasts of risk models.
-- All are of the estimation universe at the close before: the market and each sector
-- by cap; ten random eighths, the same names as long as they are there, and the names
-- with an exposure above 1 to each style, equally weighted.
-- Grain: one row per test portfolio and session.

{{ config(meta={
    'grain': ['portfolio', 'trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
    'chunk_sessions': 252
}, pre_hook=joined_by_hash()) }}

with

panel as materialized (

    select
        panel.*,
        volatility.beta_252d,
        volatility.idiosyncratic_volatility_252d ^ 2 / 252 as market_specific_variance
    from {{ ref('rsk_panel') }} as panel
    left join {{ ref('fac_volatility') }} as volatility
        on
            panel.security_id = volatility.security_id
            and panel.exposure_date = volatility.trade_date
            and volatility.trade_date between {{ since() }} - 14 and {{ until() }}
    where
        panel.trade_date between {{ since() }} and {{ until() }}
        and panel.is_estimated
        and volatility.beta_252d is not null

),

held as (

    {{ test_portfolios('panel', 'cap') }}

),

final as (

    select
        portfolio,
        portfolio_kind,
        trade_date,
        exposure_date,
        session_no,
        count(*)::integer as n_names,
        sum(amount * excess_return) / sum(amount) as portfolio_return,
        sum(amount * beta_252d) / sum(amount) as beta,
        sum(amount ^ 2 * market_specific_variance) / sum(amount) ^ 2
            as market_specific_variance
    from held
    group by portfolio, portfolio_kind, trade_date, exposure_date, session_no

)

select * from final
