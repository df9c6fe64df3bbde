-- risk.portfolio_securities(tickers, amounts, date)
--     -> one row per ticker, in their order: security_id, amount
--
-- The securities that a user's tickers mean on a date, in any vendor's spelling,
-- beside an amount for each (a weight or a change of one).
-- Errors: 22023 where there are none, the lengths differ, an amount is null, NaN or
-- infinite, a ticker is unknown or means two securities on the date, or two tickers
-- mean the same one; each names all tickers in question.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_securities(
    p_tickers text[], p_amounts double precision[], p_date date
)
returns table (security_id integer, amount double precision)
language plpgsql
stable
parallel safe
as $body$
declare
    ids integer[];
    wrong text;
    unknown text;
    ambiguous text;
begin
    if coalesce(cardinality(p_tickers), 0) = 0 then
        raise exception using errcode = '22023', message = 'there are no tickers';
    elsif cardinality(p_tickers) is distinct from cardinality(p_amounts) then
        raise exception using errcode = '22023', message = format(
            '%s tickers do not meet %s weights',
            cardinality(p_tickers), coalesce(cardinality(p_amounts), 0));
    end if;

    select string_agg(
        format(
            '%s (%s)',
            coalesce(given.ticker, 'null'), coalesce(given.amount::text, 'null')
        ), ', ' order by given.place
    ) into wrong
    from unnest(p_tickers, p_amounts) with ordinality as given (ticker, amount, place)
    where (given.amount > '-infinity' and given.amount < 'infinity') is not true;
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'weights have to be finite numbers: %s', wrong);
    end if;

    select
        array_agg(meant.ids[1] order by given.place),
        string_agg(coalesce(given.ticker, 'null'), ', ' order by given.place)
        filter (where meant.ids is null),
        string_agg(given.ticker, ', ' order by given.place)
        filter (where cardinality(meant.ids) > 1)
    into ids, unknown, ambiguous
    from unnest(p_tickers) with ordinality as given (ticker, place)
    left join (
        select range.ticker, array_agg(distinct range.security_id) as ids
        from ref.ticker_range as range
        where p_date >= range.valid_from and p_date < range.valid_to
        group by range.ticker
    ) as meant on ref.normal_ticker(given.ticker) = meant.ticker;
    if unknown is not null then
        raise exception using errcode = '22023', message = format(
            'unknown tickers on %s: %s', p_date, unknown);
    elsif ambiguous is not null then
        raise exception using errcode = '22023', message = format(
            'tickers that mean more than one security on %s: %s', p_date, ambiguous);
    end if;

    select string_agg(same.tickers, '; ' order by same.tickers) into wrong
    from (
        select string_agg(given.ticker, ', ' order by given.place) as tickers
        from unnest(p_tickers, ids) with ordinality as given (ticker, id, place)
        group by given.id
        having count(*) > 1
    ) as same;
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'tickers that mean the same security on %s: %s', p_date, wrong);
    end if;

    return query
    select given.id, given.amount
    from unnest(ids, p_amounts) with ordinality as given (id, amount, place)
    order by given.place;
end
$body$;

comment on function risk.portfolio_securities(text[], double precision[], date) is
'The securities that a user''s tickers mean on a date, beside an amount for each.';
