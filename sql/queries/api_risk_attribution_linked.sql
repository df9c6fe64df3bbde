-- What factors contributed to a portfolio's compounded return, active beside a
-- benchmark.
-- Parameters: portfolio, from_date, to_date, benchmark
select
    factor_id,
    family,
    contribution

from
    risk.attribution_linked(
        %(portfolio)s, %(from_date)s, %(to_date)s, %(benchmark)s
    )
