-- ops.plan_refill(model, version, inputs) -> (is_stale, companies)
--
-- Whether a refilled model has to run: its code changed, it never ran, or new
-- data of one of its inputs has landed since; and which companies that data is
-- about. `companies` is null where it may be any, as for changed code. Moves the
-- model's cursor, in the transaction that refills it.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.plan_refill(
    p_model text,
    p_version text,
    p_inputs text[],
    out is_stale boolean,
    out companies integer[]
)
language plpgsql
volatile
as $body$
declare
    seen ops.model_cursor := (
        select c from ops.model_cursor as c where c.model = p_model
    );
    newest bigint := (
        select coalesce(max(change_id), 0) from ops.change where input = any(p_inputs)
    );
begin
    insert into ops.model_cursor (model, version, change_id)
    values (p_model, p_version, newest)
    on conflict (model) do update set
        version = excluded.version,
        change_id = greatest(model_cursor.change_id, excluded.change_id),
        moved_at = clock_timestamp();
    is_stale := seen.model is null or seen.version <> p_version or seen.change_id < newest;
    if seen.version = p_version and seen.change_id < newest and not exists (
        select from ops.change as c
        where c.input = any(p_inputs) and c.change_id > seen.change_id and c.companies is null
    ) then
        companies := array(
            select distinct company_id
            from ops.change as c
            cross join unnest(c.companies) as touched (company_id)
            where c.input = any(p_inputs) and c.change_id > seen.change_id
            order by company_id
        );
    end if;
end
$body$;

comment on function ops.plan_refill(text, text, text[]) is
'Whether a refilled model has to run, and for which companies (null: any).';
