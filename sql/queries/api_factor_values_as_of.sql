-- One factor's values on one day as they would have been answered at an instant.
-- Parameters: factor_id, trade_date, as_of, after_security_id, max_rows
select
    answered.security_id,
    securities.ticker,
    answered.value

from
    marts.values_as_of(
        %(factor_id)s, %(trade_date)s, %(as_of)s
    ) as answered

left join marts.dim_security as securities
    on answered.security_id = securities.security_id

where
    answered.value is not null
    and (
        %(after_security_id)s::integer is null
        or answered.security_id > %(after_security_id)s::integer
    )

order by answered.security_id

limit %(max_rows)s
