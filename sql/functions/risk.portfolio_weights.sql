-- risk.portfolio_weights(portfolio, date)
--     -> one row per holding: security_id, ticker, weight
--
-- What a portfolio holds at the close of a date (null: of the last one with
-- exposures), largest weight first: the last upload up to the date, drifted by total
-- returns, bought and held; 'market', the cap-weighted estimation universe; or
-- 'universe:<name>', the cap-weighted members of a universe.
-- weight: fraction of the portfolio's value, negative where short. ticker: the present
-- one.
-- Errors: P0002 for a portfolio or universe that is unknown; 22023 for a date on which
-- it holds nothing, and where short positions have lost all. See
-- risk.portfolio_positions.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_weights(p_portfolio text, p_date date)
returns table (security_id integer, ticker text, weight double precision)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select held.security_id, security.ticker, held.weight
    from risk.portfolio_positions(
        p_portfolio, coalesce(p_date, risk.portfolio_exposure_date(null))
    ) as position
    cross join lateral unnest(position.security_ids, position.weights)
        as held (security_id, weight)
    left join marts.dim_security as security
        on held.security_id = security.security_id
    order by held.weight desc, held.security_id
$body$;

comment on function risk.portfolio_weights(text, date) is
'Holdings of a portfolio at the close of a date, drifted since their upload.';
