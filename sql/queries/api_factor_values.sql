-- One factor's cross-section on one day, best score first; missing values left out.
-- The universe `all` reads what is stored, any other is scored now: the branch
-- that does not apply folds to nothing when the statement is planned.
-- Parameters: factor_id, trade_date, universe, after_score, after_security_id, max_rows
with

scored as (

    select
        security_id,
        value,
        zscore,
        score,
        sector_score

    from marts.fct_factor_values

    where
        %(universe)s = 'all'
        and factor_id = %(factor_id)s
        and trade_date = %(trade_date)s

    union all

    select
        security_id,
        value,
        zscore,
        score,
        sector_score

    from marts.scores_in(%(universe)s, %(trade_date)s, %(factor_id)s)

    where %(universe)s <> 'all'

)

select
    scored.security_id,
    securities.ticker,
    scored.value,
    scored.zscore::double precision as zscore,
    scored.score::double precision as score,
    scored.sector_score::double precision as sector_score

from scored

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
