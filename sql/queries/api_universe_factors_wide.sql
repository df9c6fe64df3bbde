-- Factors of every listed security on one day, one row per security; `measures`
-- holds one element per factor with a value, `factor_nos` which one that is.
-- Parameters: trade_date, factors, measure, after_security_id, max_rows
with

measured as (

    select
        security_id,
        array_position(%(factors)s::text[], factor_id) as factor_no,
        case %(measure)s
            when 'value' then value
            when 'zscore' then zscore
            when 'score' then score
            when 'sector_score' then sector_score
        end::double precision as measure

    from marts.fct_factor_values

    where
        trade_date = %(trade_date)s
        and factor_id = any(%(factors)s::text[])
        and (
            %(after_security_id)s::integer is null
            or security_id > %(after_security_id)s::integer
        )

),

pivoted as (

    select
        security_id,
        array_agg(factor_no order by factor_no) as factor_nos,
        array_agg(measure order by factor_no) as measures

    from measured

    group by security_id

    having count(measure) > 0

    order by security_id

    limit %(max_rows)s

)

select
    pivoted.security_id,
    securities.ticker,
    pivoted.factor_nos,
    pivoted.measures

from pivoted

left join marts.dim_security as securities
    on pivoted.security_id = securities.security_id

order by pivoted.security_id
