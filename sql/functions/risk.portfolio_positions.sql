-- risk.portfolio_positions(portfolio, date) -> one row: security_ids, weights
--
-- What a portfolio holds at the close of a date, as two arrays of one length:
--   'market': the estimation universe of the risk models, weighted by cap;
--   'universe:<name>': the members of a universe with a market cap, weighted by it;
--   another name: the last upload up to the date, each weight drifted by the total
--     return since: w g / (1 + sum of w (g - 1)), with g what 1 has grown to, bought
--     and held, and cash without a return. Weights that summed to 1 go on doing so. A
--     name that is delisted stays, at what its delisting left, to the next upload; one
--     without any bar since the upload stays at what it was.
-- Errors: P0002 for a portfolio or universe that is unknown; 22023 for a date before
-- the first upload or without members, and where short positions have lost all.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_positions(p_portfolio text, p_date date)
returns table (security_ids integer[], weights double precision[])
language plpgsql
stable
parallel safe
as $body$
declare
    wanted constant text := substr(p_portfolio, 10);
    known integer;
    uploaded date;
    worth double precision;
begin
    if p_portfolio = 'market' then
        select array_agg(name.security_id), array_agg(name.share)
        into security_ids, weights
        from (
            select security_id, cap_usd / sum(cap_usd) over () as share
            from risk.rsk_exposures
            where trade_date = p_date and is_estimated
            order by security_id
        ) as name;

    elsif starts_with(p_portfolio, 'universe:') then
        if not exists (select from ref.universe where name = wanted) then
            raise exception using errcode = 'P0002', message = format(
                'there is no universe %L; there are: %s', wanted,
                (select string_agg(name, ', ' order by name) from ref.universe));
        end if;
        select array_agg(name.security_id), array_agg(name.share)
        into security_ids, weights
        from (
            select
                cap.security_id,
                cap.line_market_cap / sum(cap.line_market_cap) over () as share
            from intermediate.int_market_caps__daily as cap
            where
                cap.trade_date = p_date
                and cap.line_market_cap > 0
                and (
                    wanted = 'all'
                    or cap.security_id in (
                        select member.security_id
                        from marts.fct_universe_members as member
                        where
                            member.universe = wanted
                            and p_date >= member.valid_from
                            and (member.valid_to is null or p_date < member.valid_to)
                    )
                )
            order by cap.security_id
        ) as name;

    else
        select portfolio_id into known from risk.portfolio where name = p_portfolio;
        if not found then
            raise exception using errcode = 'P0002', message = format(
                'there is no portfolio %L', p_portfolio);
        end if;
        select max(valid_from) into uploaded from risk.holding
        where portfolio_id = known and valid_from <= p_date;
        if uploaded is null then
            raise exception using errcode = '22023', message = format(
                'portfolio %s has no holdings on %s: its first are of %s', p_portfolio,
                p_date,
                (select min(valid_from) from risk.holding where portfolio_id = known));
        end if;

        select
            array_agg(grown.security_id order by grown.security_id),
            array_agg(grown.weight * grown.gross order by grown.security_id),
            1 + sum(grown.weight * (grown.gross - 1))
        into security_ids, weights, worth
        from (
            select
                holding.security_id,
                holding.weight,
                case
                    when uploaded = p_date then 1
                    else
                        coalesce(today.total_return_index, (
                            select price.total_return_index
                            from intermediate.int_prices__daily as price
                            where
                                price.security_id = holding.security_id
                                and price.trade_date <= p_date
                            order by price.trade_date desc
                            limit 1
                        ), 1)
                        / coalesce(start.total_return_index, (
                            select price.total_return_index
                            from intermediate.int_prices__daily as price
                            where
                                price.security_id = holding.security_id
                                and price.trade_date <= uploaded
                            order by price.trade_date desc
                            limit 1
                        ), 1)
                end as gross
            from risk.holding as holding
            left join intermediate.int_prices__daily as today
                on
                    uploaded < p_date
                    and holding.security_id = today.security_id
                    and today.trade_date = p_date
            left join intermediate.int_prices__daily as start
                on
                    uploaded < p_date
                    and holding.security_id = start.security_id
                    and start.trade_date = uploaded
            where holding.portfolio_id = known and holding.valid_from = uploaded
        ) as grown;
        if worth <= 0 then
            raise exception using errcode = '22023', message = format(
                'portfolio %s, bought on %s and held, has lost all it was worth by %s',
                p_portfolio, uploaded, p_date);
        elsif uploaded < p_date then
            weights := array(
                select own.value / worth
                from unnest(weights) with ordinality as own (value, place)
                order by own.place
            );
        end if;
    end if;

    if security_ids is null then
        raise exception using errcode = '22023', message = format(
            'portfolio %s has no members with a market cap on %s', p_portfolio, p_date);
    end if;
    return next;
end
$body$;

comment on function risk.portfolio_positions(text, date) is
'Securities and weights of a portfolio at the close of a date, as arrays.';
