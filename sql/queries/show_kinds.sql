-- The names with the best mean score over the ranked factors of each kind that
-- they have at least half of, with their best factor.
-- Parameters: universe, trade_date, max_rows
with

scored as (

    select * from marts.fct_factor_values
    where %(universe)s::text = 'all' and trade_date = %(trade_date)s

    union all

    select * from marts.scores_in(%(universe)s, %(trade_date)s)
    where %(universe)s::text <> 'all'

),

averaged as (

    select
        factor.kind,
        scored.security_id,
        avg(scored.score) as mean_score,
        count(*) as n_factors,
        (array_agg(scored.factor_id order by scored.score desc))[1] as best_factor
    from scored
    inner join marts.dim_factor as factor
        on scored.factor_id = factor.factor_id
    where factor.is_ranked and scored.score is not null
    group by factor.kind, scored.security_id

),

placed as (

    select
        averaged.*,
        row_number() over (
            partition by averaged.kind
            order by averaged.mean_score desc, averaged.security_id
        ) as place
    from averaged
    where
        averaged.n_factors >= 0.5 * (
            select count(*) from marts.dim_factor as factor
            where factor.is_ranked and factor.kind = averaged.kind
        )

)

select
    placed.kind,
    placed.place::integer as place,
    security.ticker,
    security.name,
    security.sector,
    round(placed.mean_score::numeric, 1) as mean_score,
    placed.n_factors::integer as n_factors,
    placed.best_factor

from placed

inner join marts.dim_security as security
    on placed.security_id = security.security_id

where placed.place <= %(max_rows)s

order by placed.kind, placed.place
