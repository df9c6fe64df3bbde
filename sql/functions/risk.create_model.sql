-- risk.create_model(name, description, parameters) -> integer
--
-- Registers a risk model, or a new version of one, which retires the version in
-- force; the next build estimates its whole history. Parameters left out are those
-- of `short`, or of `classic` where kind is window. Returns the model_id. The same
-- parameters as those in force change nothing.
-- Errors: 22023 naming a parameter that is unknown, not a number or out of range.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.create_model(
    p_name text, p_description text, p_parameters jsonb default '{}'
)
returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    chosen jsonb := risk.checked_parameters(p_parameters);
    known risk.model;
    made integer;
begin
    if p_name is null or p_name !~ '^[a-z][a-z0-9_]*$' then
        raise exception using errcode = '22023', message = format(
            'risk.create_model: %L is no name: lowercase letters, digits and _', p_name);
    end if;
    if p_name in ('sample_252', 'one_factor') then
        raise exception using errcode = '22023', message = format(
            'risk.create_model: %L is the name of a plain model of validation', p_name);
    end if;
    perform pg_advisory_xact_lock(hashtext('risk.model'));
    select * into known from risk.model
    where name = p_name and retired_at is null;
    if known.parameters = chosen then
        return known.model_id;
    end if;
    update risk.model set retired_at = clock_timestamp()
    where model_id = known.model_id;
    insert into risk.model (name, version, description, parameters)
    select p_name, coalesce(max(version), 0) + 1, p_description, chosen
    from risk.model where name = p_name
    returning model_id into made;
    insert into ops.change (input, from_date) values ('models', date '1990-01-01');
    return made;
end
$body$;

comment on function risk.create_model(text, text, jsonb) is
'Registers a risk model or a new version of one; the next build estimates it.';
