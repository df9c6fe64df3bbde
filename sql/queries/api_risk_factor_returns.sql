-- Returns of the risk factors from one day to another.
-- Parameters: from_date, to_date, factors, after_trade_date, after_factor_id, max_rows
select
    trade_date,
    factor_id,
    factor_kind,
    factor_return,
    standard_error,
    t_stat,
    vif

from marts.fct_factor_returns

where
    trade_date between
    coalesce(%(after_trade_date)s::date, %(from_date)s::date) and %(to_date)s
    and (%(factors)s::text[] is null or factor_id = any(%(factors)s::text[]))
    and (
        %(after_factor_id)s::text is null
        or (trade_date, factor_id)
        > (%(after_trade_date)s::date, %(after_factor_id)s::text)
    )

order by trade_date, factor_id

limit %(max_rows)s
