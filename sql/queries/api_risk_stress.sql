-- What a portfolio would return under shocks to factors.
-- Parameters: portfolio, trade_date, model, shocks, propagate
select
    factor_id,
    exposure,
    shock,
    shocked_return,
    contribution

from
    risk.portfolio_stress(
        %(portfolio)s, %(trade_date)s, %(model)s, %(shocks)s::jsonb, %(propagate)s
    )
