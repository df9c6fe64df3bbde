-- ts.check_horizon(target, asked) -> void
--
-- Raises when a date lies before the horizon of a time series: what retention
-- has deleted is an error to ask for, never an empty answer.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.check_horizon(target regclass, asked date)
returns void
language plpgsql
stable
as $body$
begin
    if asked < ts.horizon(target) then
        raise exception '% is kept from % on; % is before that',
            target, ts.horizon(target), asked
        using errcode = 'datetime_field_overflow',
            hint = 'ask for a later date, or lengthen ts.set_retention() and land '
                'the older data again';
    end if;
end
$body$;

comment on function ts.check_horizon(regclass, date) is
'Raises when a date lies before what the retention of a time series keeps.';

grant execute on function ts.check_horizon(regclass, date)
to factorium_ingest, factorium_transform, factorium_reader;
