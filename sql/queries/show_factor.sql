-- The top-ranked names of one factor on one day within a universe.
-- Parameters: factor_id, universe, trade_date, max_rows
with

scored as (

    select * from marts.fct_factor_values
    where
        %(universe)s::text = 'all'
        and factor_id = %(factor_id)s
        and trade_date = %(trade_date)s

    union all

    select * from marts.scores_in(%(universe)s, %(trade_date)s, %(factor_id)s)
    where %(universe)s::text <> 'all'

)

select
    security.ticker,
    security.name,
    security.sector,
    scored.value,
    scored.zscore,
    scored.score,
    scored.sector_score

from scored

inner join marts.dim_security as security
    on scored.security_id = security.security_id

where scored.score is not null

order by scored.score desc, security.ticker

limit %(max_rows)s
