-- risk.first_models() -> void
--
-- Registers the models that come with the warehouse, those of them that were never
-- registered: one that a user retired or replaced stays so. Where something has been
-- built already that is a change, which the next build takes into account.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.first_models()
returns void
language plpgsql
volatile
as $body$
begin
    with made as (
        insert into risk.model (name, description, parameters)
        select comes.name, comes.description, risk.default_parameters(comes.name)
        from (values
            ('short', 'USE4 short horizon: variances of 84 days'),
            ('long', 'USE4 long horizon: variances of 252 days'),
            ('regime', 'As short, the market''s other volatility state at half weight'),
            ('classic', 'Plain baseline: 252 equally weighted days, Ledoit-Wolf')
        ) as comes (name, description)
        where comes.name not in (select known.name from risk.model as known)
        returning model_id
    )
    insert into ops.change (input, from_date)
    select 'models', date '1990-01-01'
    where exists (select from made) and exists (select from ops.build);
end
$body$;

comment on function risk.first_models() is
'Registers the risk models that come with the warehouse.';

select risk.first_models();
