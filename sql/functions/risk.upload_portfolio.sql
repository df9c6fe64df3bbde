-- risk.upload_portfolio(
--     name, valid_from, tickers, weights, description, total, tolerance) -> integer
--
-- Stores a portfolio's weights at the close of the session valid_from, in force until
-- the next upload; returns its portfolio_id. The same name and date again replace
-- those holdings as a whole; other dates stay. Tickers mean what they meant on
-- valid_from, in any vendor's spelling; a holding that the risk model does not cover
-- is accepted, and named by what reads the portfolio.
--
-- weights: fractions of the portfolio's value, negative where short; what they lack
--     of 1 is cash. description: null keeps the one there is.
-- total: what the weights have to sum to, within tolerance; null accepts any sum, 0
--     is for dollar-neutral books.
-- Errors: 22023 for a name that is reserved ('market') or has other characters than
-- letters, digits, dots, dashes and _, a date that is no session or has not closed,
-- another sum than total, and as in risk.portfolio_securities. Nothing is written
-- then.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.upload_portfolio(
    p_name text,
    p_valid_from date,
    p_tickers text[],
    p_weights double precision[],
    p_description text default null,
    p_total double precision default 1,
    p_tolerance double precision default 1e-6
)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    ids integer[];
    sums_to double precision;
    made integer;
begin
    if p_name is null or p_name !~ '^[A-Za-z0-9][A-Za-z0-9_.-]*$' then
        raise exception using errcode = '22023', message = format(
            '%L is no name of a portfolio: letters, digits, dots, dashes and _, the '
            'first a letter or digit', p_name);
    elsif p_name = 'market' then
        raise exception using errcode = '22023', message =
            'the portfolio market is the cap-weighted estimation universe: choose '
            'another name';
    elsif (p_tolerance >= 0 and p_tolerance < 'infinity') is not true
        or p_total = 'nan' then
        raise exception using errcode = '22023', message = format(
            'a total of %s within %s cannot be checked', p_total, p_tolerance);
    end if;
    perform risk.portfolio_check_session(p_valid_from);

    select array_agg(given.security_id), sum(given.amount)
    into ids, sums_to
    from risk.portfolio_securities(p_tickers, p_weights, p_valid_from) as given;
    if abs(sums_to - p_total) > p_tolerance then
        raise exception using errcode = '22023', message = format(
            'the weights sum to %s, not to %s within %s; a total of null accepts any '
            'sum', sums_to, p_total, p_tolerance);
    end if;

    -- The row's lock makes uploads of one portfolio wait for each other.
    insert into risk.portfolio as known (name, description)
    values (p_name, p_description)
    on conflict (name) do update
    set description = coalesce(excluded.description, known.description)
    returning portfolio_id into made;
    delete from risk.holding
    where portfolio_id = made and valid_from = p_valid_from;
    insert into risk.holding (portfolio_id, valid_from, security_id, weight)
    select made, p_valid_from, given.security_id, given.weight
    from unnest(ids, p_weights) as given (security_id, weight);
    return made;
end
$body$;

comment on function risk.upload_portfolio(
    text, date, text[], double precision[], text, double precision, double precision
) is
'Stores a portfolio''s weights at the close of a session; returns its portfolio_id.';
