-- Exposures of securities to the styles of the risk models on a day, one row each.
-- Parameters: trade_date, security_ids
select *
from marts.fct_exposures
where trade_date = %(trade_date)s and security_id = any(%(security_ids)s)
