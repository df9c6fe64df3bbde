-- risk.first_models() -> void
--
-- Registers the models that come with the warehouse, those of them that were never
-- registered: one that a user retired or replaced stays so.
--
-- Tested in: tests/sql/test_risk_models.py

create or replace function risk.first_models()
returns void
language plpgsql
volatile
as $body$
declare
    comes record;
begin
    for comes in
        select * from (values
            ('short', 'USE4 short horizon: variances of 84 days'),
            ('long', 'USE4 long horizon: variances of 252 days'),
            ('regime', 'As short, the market''s other volatility state at half weight'),
            ('classic', 'Plain baseline: 252 equally weighted days, Ledoit-Wolf')
        ) as model (name, description)
        where name not in (select name from risk.model)
    loop
        perform risk.create_model(
            comes.name, comes.description, risk.default_parameters(comes.name)
        );
    end loop;
end
$body$;

comment on function risk.first_models() is
'Registers the risk models that come with the warehouse.';

select risk.first_models();
