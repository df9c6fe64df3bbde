-- One factor's cross-section on one day as stored, that is within the universe of
-- every listed security, best score first; missing values left out.
-- Parameters: factor_id, trade_date, after_score, after_security_id, max_rows
select
    scored.security_id,
    securities.ticker,
    scored.value,
    scored.zscore::double precision as zscore,
    scored.score::double precision as score,
    scored.sector_score::double precision as sector_score

from marts.fct_factor_values as scored

left join marts.dim_security as securities
    on scored.security_id = securities.security_id

where
    scored.factor_id = %(factor_id)s
    and scored.trade_date = %(trade_date)s
    and scored.value is not null
    and (
        %(after_security_id)s::integer is null
        or (-coalesce(scored.score::double precision, -1), scored.security_id)
        > (
            -coalesce(%(after_score)s::double precision, -1),
            %(after_security_id)s::integer
        )
    )

order by coalesce(scored.score::double precision, -1) desc, scored.security_id

limit %(max_rows)s
