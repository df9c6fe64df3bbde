-- One factor's cross-section on one day, scored now within a universe, best score
-- first; missing values left out. A query of its own: beside the stored scores in
-- one statement, the planner would plan both.
-- Parameters: universe, factor_id, trade_date, after_score, after_security_id, max_rows
select
    scored.security_id,
    securities.ticker,
    scored.value,
    scored.zscore::double precision as zscore,
    scored.score::double precision as score,
    scored.sector_score::double precision as sector_score

from marts.scores_in(%(universe)s, %(trade_date)s, %(factor_id)s) as scored

left join marts.dim_security as securities
    on scored.security_id = securities.security_id

where
    scored.value is not null
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
