-- Exposures of a portfolio, its benchmark and their difference at the close of a day.
-- Parameters: portfolio, trade_date, benchmark
select
    factor_id,
    factor_kind,
    exposure,
    benchmark_exposure,
    active_exposure

from risk.portfolio_exposures(%(portfolio)s, %(trade_date)s, %(benchmark)s)
