-- risk.attribution(portfolio, from, to, benchmark default null)
--     -> one row per trade_date and factor_id
--
-- What the factors contributed to a portfolio's daily returns, with the weights of the
-- close before, uploaded and drifted since: see risk.attribution_days for the
-- families. The contributions of a day add up to the portfolio's return, or, beside a
-- benchmark, to the return in excess of it: exposures and contributions are then
-- differences. 'market' names the cap-weighted estimation universe. Days before the
-- first upload have no rows.
--
-- exposure: sum of weight times exposure; null for specific and unexplained, and where
--     the model explains no name. factor_return, contribution: fractions, null where
--     the factor had no return that day.
-- Errors: P0002 for an unknown portfolio; 22023 for dates in the wrong order, and for
--     a benchmark without weights on a day on which the portfolio has them.
--
-- Security definer, because readers may read marts only; it writes nothing.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution(
    p_portfolio text, p_from date, p_to date, p_benchmark text default null
)
returns table (
    trade_date date,
    factor_id text,
    family text,
    exposure double precision,
    factor_return double precision,
    contribution double precision
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select trade_date, factor_id, family, exposure, factor_return, contribution
    from risk.attribution_active(p_portfolio, p_from, p_to, p_benchmark)
$body$;

comment on function risk.attribution(text, date, date, text) is
'Contributions of factors to a portfolio''s daily returns, active beside a benchmark.';
