-- risk.portfolio_replay(portfolio, date, from, to)
--     -> one row per factor: factor_id, exposure, factor_return, contribution
--
-- What a portfolio with the exposures it has at the close of a date (null: of the last
-- one with exposures) would have earned of factors in the sessions from one date to
-- another. Exposures stay what they are; specific returns are left out.
--
-- factor_return: the factor's daily returns compounded, fractions; null where it had
-- none at all in those sessions, and so is the contribution, exposure times that.
-- Errors: those of risk.portfolio_exposures; 22023 for a window without factor
-- returns, naming the dates that have them.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_replay(
    p_portfolio text, p_date date, p_from date, p_to date
)
returns table (
    factor_id text,
    exposure double precision,
    factor_return double precision,
    contribution double precision
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
begin
    if not exists (
        select from risk.rsk_regressions as day
        where
            day.trade_date between p_from and p_to and day.market_return is not null
    ) then
        raise exception using errcode = '22023', message = format(
            'there are no factor returns from %s to %s: %s', p_from, p_to, (
                select format(
                    'they go from %s to %s', min(day.trade_date), max(day.trade_date))
                from risk.rsk_regressions as day where day.market_return is not null
            ));
    end if;
    -- A factor that returned -1 or less in a session has lost all.
    return query
    select
        own.factor_id,
        own.exposure,
        past.factor_return,
        own.exposure * past.factor_return
    from risk.portfolio_exposures(p_portfolio, p_date) with ordinality
        as own (factor_id, factor_kind, exposure, other, active, place)
    left join (
        select
            day.factor_id,
            case
                when min(day.factor_return) <= -1 then -1
                else
                    exp(
                        sum(ln(1 + day.factor_return))
                        filter (where day.factor_return > -1)
                    ) - 1
            end as factor_return
        from marts.fct_factor_returns as day
        where day.trade_date between p_from and p_to
        group by day.factor_id
    ) as past on own.factor_id = past.factor_id
    order by own.place;
end
$body$;

comment on function risk.portfolio_replay(text, date, date, date) is
'What today''s exposures would have earned of factors in a historical window.';
