-- Stores a portfolio's weights at the close of a session.
-- Parameters: portfolio, valid_from, tickers, weights, description, total
select risk.upload_portfolio(
    %(portfolio)s,
    %(valid_from)s,
    %(tickers)s,
    %(weights)s,
    %(description)s,
    %(total)s
) as portfolio_id
