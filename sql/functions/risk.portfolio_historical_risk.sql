-- risk.portfolio_historical_risk(portfolio, date, days, confidence, horizon_days)
--     -> one row: n_days, first_date, value_at_risk, expected_shortfall, worst_date,
--        worst_return
--
-- Value at risk by historical simulation: the weights at the close of a date (null: of
-- the last one with exposures) times the names' excess returns of the last `days`
-- sessions up to it, kept constant, compounded over periods of horizon_days sessions
-- that do not overlap, the last one ending with the last session.
--
-- A name without a return in a session earns what the factors' returns of that session
-- make of its exposures of the date; without those it is left out, and the others are
-- scaled by the sum of absolute weights. A session in which all are left out does
-- not count.
-- value_at_risk: the loss that a share 1 - confidence of periods reaches, between two
-- of them by linear interpolation; expected_shortfall: the mean loss of the periods
-- that lose that much; fractions, positive for a loss. n_days: sessions in whole
-- periods, from first_date. worst_date: the last session of the worst period.
-- Errors: those of risk.portfolio_exposures; 22023 for a confidence outside of 0 to 1,
-- a number of sessions below 1, and fewer than 20 periods.
-- Source: McNeil, Frey and Embrechts (2015), Quantitative Risk Management, section 9.2.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_historical_risk(
    p_portfolio text,
    p_date date default null,
    p_days integer default 504,
    p_confidence double precision default 0.95,
    p_horizon_days integer default 1
)
returns table (
    n_days integer,
    first_date date,
    value_at_risk double precision,
    expected_shortfall double precision,
    worst_date date,
    worst_return double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    day constant date := risk.portfolio_exposure_date(p_date);
    past record;
begin
    if (p_confidence > 0 and p_confidence < 1) is not true then
        raise exception using errcode = '22023', message = format(
            'a confidence of %L is not between 0 and 1', p_confidence);
    elsif (p_days >= 1 and p_horizon_days >= 1) is not true then
        raise exception using errcode = '22023', message = format(
            '%L sessions in periods of %L are none: at least 1 of each',
            p_days, p_horizon_days);
    end if;
    select
        array_agg(period.first_date order by period.last_date) as first_dates,
        array_agg(period.last_date order by period.last_date) as last_dates,
        array_agg(period.return order by period.last_date) as returns
    into past
    from (
        select
            min(session.trade_date) as first_date,
            max(session.trade_date) as last_date,
            case
                when count(*) = 1 then min(session.excess_return)
                when min(session.excess_return) <= -1 then -1
                else
                    exp(
                        sum(ln(1 + session.excess_return))
                        filter (where session.excess_return > -1)
                    ) - 1
            end as return
        from (
            select
                own.trade_date,
                own.excess_return,
                (row_number() over (order by own.trade_date desc) - 1)
                / p_horizon_days as period_no
            from risk.portfolio_past_returns(p_portfolio, day, p_days) as own
        ) as session
        group by session.period_no
        having count(*) = p_horizon_days
    ) as period;
    if coalesce(cardinality(past.returns), 0) < 20 then
        raise exception using errcode = '22023', message = format(
            'portfolio %s has %s past periods of %s sessions up to %s: at least 20 are '
            'needed', p_portfolio, coalesce(cardinality(past.returns), 0),
            p_horizon_days, day);
    end if;

    n_days := cardinality(past.returns) * p_horizon_days;
    first_date := past.first_dates[1];
    select -percentile_cont(1 - p_confidence) within group (order by own.return)
    into value_at_risk
    from unnest(past.returns) as own (return);
    select -avg(own.return) into expected_shortfall
    from unnest(past.returns) as own (return)
    where own.return <= -value_at_risk;
    select own.last_date, own.return into worst_date, worst_return
    from unnest(past.last_dates, past.returns) as own (last_date, return)
    order by own.return, own.last_date
    limit 1;
    return next;
end
$body$;

comment on function risk.portfolio_historical_risk(
    text, date, integer, double precision, integer
) is
'Value at risk of today''s weights by their past returns.';
