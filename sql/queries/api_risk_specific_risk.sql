-- Specific volatilities as a risk model forecasts them on one day, over a horizon.
-- Parameters: model, trade_date, horizon_days, after_security_id, max_rows
with

horizon as (

    select sqrt(%(horizon_days)s::double precision) as root

)

select
    risk.security_id,
    securities.ticker,
    risk.specific_volatility * horizon.root as specific_volatility,
    risk.series_volatility * horizon.root as series_volatility,
    risk.structural_volatility * horizon.root as structural_volatility,
    risk.shrunk_volatility * horizon.root as shrunk_volatility,
    risk.series_share,
    risk.regime_multiplier,
    risk.n_days

from marts.fct_specific_risk as risk

cross join horizon

left join marts.dim_security as securities
    on risk.security_id = securities.security_id

where
    risk.model = %(model)s
    and risk.trade_date = %(trade_date)s
    and (
        %(after_security_id)s::integer is null
        or risk.security_id > %(after_security_id)s::integer
    )

order by risk.security_id

limit %(max_rows)s
