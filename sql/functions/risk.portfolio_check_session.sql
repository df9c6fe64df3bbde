-- risk.portfolio_check_session(date) -> void
--
-- Refuses a date at whose close nobody can hold anything yet, or ever: 22023 for one
-- that is no session, naming the session before, and for a session that has not
-- closed, naming the last one that has.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_check_session(p_date date)
returns void
language plpgsql
stable
parallel safe
as $body$
declare
    last_closed constant date := (
        select session.session_date from ref.session as session
        where session.close_at <= now()
        order by session.close_at desc
        limit 1
    );
begin
    if p_date > last_closed or not isfinite(p_date) or p_date is null then
        raise exception using errcode = '22023', message = format(
            '%s is no session that has closed: the last one is %s',
            coalesce(p_date::text, 'null'), last_closed);
    elsif not exists (select from ref.session where session_date = p_date) then
        raise exception using errcode = '22023', message = format(
            '%s is no session; the session before it is %s', p_date, coalesce((
                select max(session.session_date)::text from ref.session as session
                where session.session_date < p_date
            ), 'not in the calendar'));
    end if;
end
$body$;

comment on function risk.portfolio_check_session(date) is
'Refuses a date that is no session or has not closed.';
