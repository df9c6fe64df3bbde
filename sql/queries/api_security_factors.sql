-- Every factor of one security from one day to another.
-- A later page begins reading at its cursor's day.
-- Parameters: security_id, from_date, to_date, factors, after_trade_date,
-- after_factor_id, max_rows
select
    trade_date,
    factor_id,
    value,
    zscore::double precision as zscore,
    score::double precision as score,
    sector_score::double precision as sector_score

from
    marts.factors_of(
        %(security_id)s,
        coalesce(%(after_trade_date)s::date, %(from_date)s::date),
        %(to_date)s
    )

where
    (%(factors)s::text[] is null or factor_id = any(%(factors)s::text[]))
    and (
        %(after_factor_id)s::text is null
        or (trade_date, factor_id)
        > (%(after_trade_date)s::date, %(after_factor_id)s::text)
    )

order by trade_date, factor_id

limit %(max_rows)s
