-- One portfolio that was uploaded, or no row.
-- Parameters: portfolio
select
    portfolio,
    description,
    first_date,
    last_date,
    n_uploads,
    n_holdings,
    created_at

from risk.portfolio_list()

where portfolio = %(portfolio)s
