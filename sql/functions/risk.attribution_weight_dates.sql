-- risk.attribution_weight_dates(from, to) -> (weight_from, weight_to)
--
-- The closes whose weights earn the returns of a range of days: from the session
-- before the first day to the session before the last. The days themselves before
-- the calendar begins.
-- Errors: 22023 for dates that are null or in the wrong order.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_weight_dates(
    p_from date, p_to date, out weight_from date, out weight_to date
)
language plpgsql
stable
parallel safe
as $body$
begin
    if p_from is null or p_to is null or p_from > p_to then
        raise exception using errcode = '22023', message = format(
            'not a range of dates: from %s to %s',
            coalesce(p_from::text, 'null'), coalesce(p_to::text, 'null'));
    end if;
    select coalesce(max(session_date), p_from) into weight_from from ref.session
    where session_date < p_from;
    select coalesce(max(session_date), p_to) into weight_to from ref.session
    where session_date < p_to;
end
$body$;

comment on function risk.attribution_weight_dates(date, date) is
'The closes whose weights earn the returns of a range of days.';
