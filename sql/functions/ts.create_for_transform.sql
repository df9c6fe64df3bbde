-- ts.create_for_transform(statement) -> void
--
-- Runs a statement that creates a relation in the schema ts, as
-- factorium_transform. Rollups are that role's, because TimescaleDB lets only
-- the owner refresh, and it does not let an owner hand a continuous aggregate
-- over. The role may create here for this one moment.
--
-- For a session that may take both roles. Tested in: tests/test_roles.py

create or replace function ts.create_for_transform(statement text)
returns void
language plpgsql
volatile
as $body$
declare
    role_before text := current_setting('role');
begin
    grant create on schema ts to factorium_transform;
    perform set_config('role', 'factorium_transform', true);
    execute statement;
    perform set_config('role', role_before, true);
    revoke create on schema ts from factorium_transform;
end
$body$;

comment on function ts.create_for_transform(text) is
'Runs a statement that creates a relation in the schema ts, as factorium_transform.';
