-- The security a ticker means: the active one, else the one listed last.
-- Parameters: ticker
select
    security_id,
    ticker,
    listed_on,
    delisted_on

from marts.dim_security

-- The rule of ref.normal_ticker, which readers may not call.
where ticker = translate(upper(%(ticker)s), './', '--')

order by is_active desc, listed_on desc nulls last, security_id desc

limit 1
