-- Deletes a portfolio with all its holdings.
-- Parameters: portfolio
select risk.delete_portfolio(%(portfolio)s) as portfolio_id
