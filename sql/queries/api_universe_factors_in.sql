-- Factors of a universe on one day, scored now within it, one row per factor and
-- security with a value.
-- Parameters: universe, trade_date, factors, one_factor, after_factor_id,
-- after_security_id, max_rows
select
    scored.security_id,
    securities.ticker,
    scored.factor_id,
    scored.value,
    scored.zscore::double precision as zscore,
    scored.score::double precision as score,
    scored.sector_score::double precision as sector_score

from marts.scores_in(%(universe)s, %(trade_date)s, %(one_factor)s) as scored

left join marts.dim_security as securities
    on scored.security_id = securities.security_id

where
    scored.value is not null
    and (%(factors)s::text[] is null or scored.factor_id = any(%(factors)s::text[]))
    and (
        %(after_security_id)s::integer is null
        or (scored.factor_id, scored.security_id)
        > (%(after_factor_id)s::text, %(after_security_id)s::integer)
    )

order by scored.factor_id, scored.security_id

limit %(max_rows)s
