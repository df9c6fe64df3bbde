-- risk.note_portfolio_change() -> trigger
--
-- Uploaded, changed or deleted holdings are a change of all that is computed of
-- portfolios from their first valid_from on: the next build takes it into account.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.note_portfolio_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $body$
begin
    if tg_op = 'INSERT' then
        insert into ops.change (input, from_date)
        select 'portfolios', min(valid_from) from added having count(*) > 0;
    elsif tg_op = 'DELETE' then
        insert into ops.change (input, from_date)
        select 'portfolios', min(valid_from) from removed having count(*) > 0;
    else
        insert into ops.change (input, from_date)
        select 'portfolios', min(valid_from)
        from (
            select valid_from from added
            union all
            select valid_from from removed
        ) as changed
        having count(*) > 0;
    end if;
    return null;
end
$body$;

comment on function risk.note_portfolio_change() is
'Notes from which date on portfolios changed, so that the next build recomputes.';

create or replace trigger note_inserted
after insert on risk.holding
referencing new table as added
for each statement execute function risk.note_portfolio_change();

create or replace trigger note_updated
after update on risk.holding
referencing old table as removed new table as added
for each statement execute function risk.note_portfolio_change();

create or replace trigger note_deleted
after delete on risk.holding
referencing old table as removed
for each statement execute function risk.note_portfolio_change();
