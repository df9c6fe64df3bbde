-- ts.first_run() -> timestamptz
--
-- When a new policy runs for the first time: tomorrow, so that it stays out of
-- the way of the load or the build that is going on while it is created.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.first_run()
returns timestamptz
language sql
stable
parallel safe
return now() + interval '1 day';

comment on function ts.first_run() is
'When a new policy runs for the first time: in a day.';
