-- Securities whose ticker begins with, or whose name contains, the text searched for.
-- Parameters: search, sector, is_active, after_ticker, after_security_id, max_rows
select
    security_id,
    coalesce(ticker, '') as ticker,
    name,
    cik::integer as cik,
    company_id,
    share_class,
    sector,
    industry,
    listed_on,
    delisted_on,
    is_active

from marts.dim_security

where
    (
        %(search)s::text is null
        -- The rule of ref.normal_ticker, which readers may not call.
        or starts_with(ticker, translate(upper(%(search)s), './', '--'))
        or position(lower(%(search)s) in lower(name)) > 0
    )
    and (%(sector)s::text is null or sector = %(sector)s)
    and (%(is_active)s::boolean is null or is_active = %(is_active)s)
    and (
        %(after_security_id)s::integer is null
        or (coalesce(ticker, ''), security_id)
        > (%(after_ticker)s::text, %(after_security_id)s::integer)
    )

order by coalesce(ticker, ''), security_id

limit %(max_rows)s
