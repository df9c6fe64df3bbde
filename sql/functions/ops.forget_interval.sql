-- ops.forget_interval(model) -> void
--
-- Forgets what the ledger knows of a model: everything is built again. For
-- --full-refresh, and for a relation that is not there any more.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.forget_interval(p_model text)
returns void
language sql
volatile
as $body$
    delete from ops.interval where model = p_model;
    delete from ops.model_cursor where model = p_model;
$body$;

comment on function ops.forget_interval(text) is
'Forgets what the ledger knows of a model, so that everything is built again.';
