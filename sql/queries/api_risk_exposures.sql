-- Exposures of the members of a universe at one close: all columns of the mart, whose
-- styles are those of the project's configuration.
-- Parameters: universe, trade_date, after_security_id, max_rows
select
    securities.ticker,
    exposures.*

from marts.fct_exposures as exposures

left join marts.dim_security as securities
    on exposures.security_id = securities.security_id

where
    exposures.trade_date = %(trade_date)s
    and (
        %(after_security_id)s::integer is null
        or exposures.security_id > %(after_security_id)s::integer
    )
    and (
        %(universe)s = 'all'
        or exists (
            select 1
            from marts.fct_universe_members as member
            where
                member.universe = %(universe)s
                and member.security_id = exposures.security_id
                and member.valid_from <= exposures.trade_date
                and (
                    member.valid_to is null
                    or member.valid_to > exposures.trade_date
                )
        )
    )

order by exposures.security_id

limit %(max_rows)s
