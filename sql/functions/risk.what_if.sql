-- risk.what_if(portfolio, date, model, tickers, changes, benchmark, horizon_days)
--     -> two rows, scenario 'before' and 'after', of risk.portfolio_risk
--
-- Risk of a portfolio as it is and with some weights changed. What the changes do not
-- sum to 0 by, cash has paid for; a name changed to exactly 0 is no holding any more.
--
-- changes: one per ticker, fractions of the portfolio's value, added to the weight it
--     has, 0 where it is not held.
-- Errors: those of risk.portfolio_risk and, for the tickers on the date, of
-- risk.portfolio_securities; 22023 where no holding is left.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.what_if(
    p_portfolio text,
    p_date date,
    p_model text,
    p_tickers text[],
    p_changes double precision[],
    p_benchmark text default 'market',
    p_horizon_days integer default 1
)
returns table (
    scenario text,
    portfolio text,
    model text,
    trade_date date,
    horizon_days integer,
    n_holdings integer,
    n_covered integer,
    covered_weight double precision,
    uncovered_weight double precision,
    total_volatility double precision,
    factor_volatility double precision,
    specific_volatility double precision,
    benchmark_volatility double precision,
    active_volatility double precision,
    active_factor_volatility double precision,
    active_specific_volatility double precision,
    beta double precision,
    value_at_risk_95 double precision,
    value_at_risk_99 double precision,
    expected_shortfall_95 double precision,
    expected_shortfall_99 double precision,
    uncovered text[],
    benchmark_uncovered_weight double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    given record;
    changed record;
begin
    select * into given from risk.portfolio_inputs(
        p_portfolio, p_date, p_model, p_benchmark, p_horizon_days
    );
    select
        array_agg(coalesce(own.security_id, change.security_id)) as security_ids,
        array_agg(coalesce(own.weight, 0) + coalesce(change.amount, 0)) as weights
    into changed
    from unnest(given.security_ids, given.weights) as own (security_id, weight)
    full join
        risk.portfolio_securities(p_tickers, p_changes, given.trade_date) as change
        on own.security_id = change.security_id
    where
        change.security_id is null
        or coalesce(own.weight, 0) + change.amount <> 0;
    if changed.security_ids is null then
        raise exception using errcode = '22023', message = format(
            'the changes leave portfolio %s without holdings', p_portfolio);
    end if;

    return query
    select
        one.scenario, p_portfolio, p_model, given.trade_date, p_horizon_days, result.*
    from (values (1, 'before'), (2, 'after')) as one (place, scenario)
    cross join lateral risk.holdings_risk(
        case one.place when 1 then given.security_ids else changed.security_ids end,
        case one.place when 1 then given.weights else changed.weights end,
        given.benchmark_ids, given.benchmark_weights,
        given.trade_date, given.specific_model_id, given.factor_ids, given.covariance,
        p_horizon_days
    ) as result
    order by one.place;
end
$body$;

comment on function risk.what_if(
    text, date, text, text[], double precision[], text, integer
) is
'Risk of a portfolio before and after changes of its weights.';
