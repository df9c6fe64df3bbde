-- The portfolios that were uploaded.
-- Parameters: after_portfolio, max_rows
select
    portfolio,
    description,
    first_date,
    last_date,
    n_uploads,
    n_holdings,
    created_at

from risk.portfolio_list()

where %(after_portfolio)s::text is null or portfolio > %(after_portfolio)s::text

order by portfolio

limit %(max_rows)s
