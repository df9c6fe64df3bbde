-- risk.model_in_force(name) -> risk.model
--
-- The version of a model that builds estimate.
-- Errors: P0002 where no version of the name is in force, naming those that are.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.model_in_force(p_name text)
returns risk.model
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    found_model risk.model;
begin
    select * into found_model from risk.model
    where name = p_name and retired_at is null;
    if found_model.model_id is null then
        raise exception using errcode = 'P0002', message = format(
            'no risk model %L is in force; there are %s', p_name,
            (select string_agg(name, ', ' order by name) from risk.model
            where retired_at is null)
        );
    end if;
    return found_model;
end
$body$;

comment on function risk.model_in_force(text) is
'The version of a risk model that builds estimate.';
