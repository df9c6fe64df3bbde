-- risk.portfolio_exposure_date(date) -> date
--
-- The date itself where there are exposures at its close; the last such date for null.
-- Errors: 22023 for another date, naming the first and the last.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_exposure_date(p_date date)
returns date
language plpgsql
stable
parallel safe
as $body$
declare
    last_date constant date := (select max(trade_date) from risk.rsk_exposures);
begin
    if p_date is null and last_date is not null then
        return last_date;
    elsif exists (select from risk.rsk_exposures where trade_date = p_date) then
        return p_date;
    elsif last_date is null then
        raise exception using errcode = '22023', message =
            'there are no exposures yet: factorium build makes them';
    end if;
    raise exception using errcode = '22023', message = format(
        'there are no exposures on %s: the sessions they cover are within %s to %s',
        p_date, (select min(trade_date) from risk.rsk_exposures), last_date);
end
$body$;

comment on function risk.portfolio_exposure_date(date) is
'The date where there are exposures at its close, the last one for null.';
