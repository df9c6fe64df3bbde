-- risk.retire_model(name) -> integer
--
-- Retires the version of a model that is in force: builds no longer estimate it, its
-- rows leave the marts with the next build, its frozen estimates stay. Returns its
-- model_id. Errors: P0002 where no version of the name is in force.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.retire_model(p_name text)
returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    retired integer;
begin
    update risk.model set retired_at = clock_timestamp()
    where name = p_name and retired_at is null
    returning model_id into retired;
    if retired is null then
        raise exception using errcode = 'P0002', message = format(
            'no risk model %L is in force', p_name);
    end if;
    insert into ops.change (input, from_date) values ('models', date '1990-01-01');
    return retired;
end
$body$;

comment on function risk.retire_model(text) is
'Retires the version of a risk model that is in force.';
