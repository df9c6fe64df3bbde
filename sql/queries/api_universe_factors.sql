-- Factors of every listed security on one day, one row per factor and security with
-- a value.
-- Parameters: trade_date, factors, after_factor_id, after_security_id, max_rows
select
    scored.security_id,
    securities.ticker,
    scored.factor_id,
    scored.value,
    scored.zscore::double precision as zscore,
    scored.score::double precision as score,
    scored.sector_score::double precision as sector_score

from marts.fct_factor_values as scored

left join marts.dim_security as securities
    on scored.security_id = securities.security_id

where
    scored.trade_date = %(trade_date)s
    and scored.value is not null
    and (%(factors)s::text[] is null or scored.factor_id = any(%(factors)s::text[]))
    and (
        %(after_factor_id)s::text is null
        or scored.factor_id >= %(after_factor_id)s::text
    )
    and (
        %(after_security_id)s::integer is null
        or (scored.factor_id, scored.security_id)
        > (%(after_factor_id)s::text, %(after_security_id)s::integer)
    )

order by scored.factor_id, scored.security_id

limit %(max_rows)s
