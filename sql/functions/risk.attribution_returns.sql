-- risk.attribution_returns(portfolio_ids, from, to)
--     -> one row per portfolio_id and trade_date
--
-- Daily returns of portfolios with the drifted weights of risk.attribution_weights,
-- fractions. portfolio_id 0 is the market. Days before the first upload have no row.
-- Errors: 22023 for dates that are null or in the wrong order.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_returns(
    p_portfolio_ids integer[], p_from date, p_to date
)
returns table (
    portfolio_id integer,
    trade_date date,
    portfolio_return double precision
)
language sql
stable
parallel safe
as $body$
    select held.portfolio_id, held.return_date, sum(held.weight * held.asset_return)
    from risk.attribution_weight_dates(p_from, p_to) as closes
    cross join lateral risk.attribution_weights(
        p_portfolio_ids, closes.weight_from, closes.weight_to
    ) as held
    where held.return_date between p_from and p_to and held.asset_return is not null
    group by held.portfolio_id, held.return_date
$body$;

comment on function risk.attribution_returns(integer[], date, date) is
'Daily returns of portfolios with drifted weights.';
