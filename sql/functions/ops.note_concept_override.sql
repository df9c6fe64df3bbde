-- ops.note_concept_override() -> trigger
--
-- A user's change of the concept map is a change of all facts: the next build
-- takes it into account.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.note_concept_override()
returns trigger
language plpgsql
security definer
set search_path = ops, pg_temp
as $body$
begin
    insert into ops.change (input, from_date) values ('facts', date '1990-01-01');
    return null;
end
$body$;

comment on function ops.note_concept_override() is
'Notes that a user changed the concept map, so that the next build recomputes.';

create or replace trigger note_concept_override
after insert or update or delete or truncate on ref.concept_override
for each statement execute function ops.note_concept_override();
