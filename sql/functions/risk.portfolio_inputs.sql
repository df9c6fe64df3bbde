-- risk.portfolio_inputs(portfolio, date, model, benchmark, horizon_days)
--     -> one row: trade_date, specific_model_id, factor_ids, covariance,
--        security_ids, weights, benchmark_ids, benchmark_weights
--
-- What the risk of a portfolio is computed from: the model's day, the portfolio's
-- holdings and those of its benchmark, null where that is null.
--
-- date: null is the last one that the model covers. covariance: K x K, of daily
-- returns, fractions; the horizon is checked here and counts where results are made.
-- Errors: 22023 for a horizon below 1, and those of risk.portfolio_model_day and
-- risk.portfolio_positions.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_inputs(
    p_portfolio text,
    p_date date,
    p_model text,
    p_benchmark text,
    p_horizon_days integer
)
returns table (
    trade_date date,
    specific_model_id integer,
    factor_ids text[],
    covariance double precision[],
    security_ids integer[],
    weights double precision[],
    benchmark_ids integer[],
    benchmark_weights double precision[]
)
language plpgsql
stable
parallel safe
as $body$
begin
    if (p_horizon_days >= 1) is not true then
        raise exception using errcode = '22023', message = format(
            'a horizon of %L sessions is none: at least 1', p_horizon_days);
    end if;
    select
        day.trade_date, day.specific_model_id, day.factor_ids, day.covariance
    into trade_date, specific_model_id, factor_ids, covariance
    from risk.portfolio_model_day(p_model, p_date) as day;
    select own.security_ids, own.weights into security_ids, weights
    from risk.portfolio_positions(p_portfolio, trade_date) as own;
    if p_benchmark is not null then
        select other.security_ids, other.weights into benchmark_ids, benchmark_weights
        from risk.portfolio_positions(p_benchmark, trade_date) as other;
    end if;
    return next;
end
$body$;

comment on function risk.portfolio_inputs(text, date, text, text, integer) is
'What the risk of a portfolio is computed from: the model''s day and the holdings.';
