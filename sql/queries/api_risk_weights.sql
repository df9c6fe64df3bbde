-- Weights of a portfolio at the close of a day, drifted since their upload.
-- Parameters: portfolio, trade_date, after_security_id, max_rows
select
    security_id,
    ticker,
    weight

from risk.portfolio_weights(%(portfolio)s, %(trade_date)s)

where
    %(after_security_id)s::integer is null
    or security_id > %(after_security_id)s::integer

order by security_id

limit %(max_rows)s
