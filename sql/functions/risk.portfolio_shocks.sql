-- risk.portfolio_shocks(shocks, factor_ids) -> double precision[]
--
-- Shocks as a user names them, {"market": -0.10}, as a vector in the order of
-- factor_ids; null where a factor has none.
-- Errors: 22023 for what is no object, is empty or has a value that is no number, and
-- for a name that is not among factor_ids, naming those.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_shocks(p_shocks jsonb, p_factor_ids text[])
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    wrong text;
begin
    if jsonb_typeof(p_shocks) is distinct from 'object' or p_shocks = '{}' then
        raise exception using errcode = '22023', message =
            'shocks are an object of factor returns, such as {"market": -0.1}';
    end if;
    select string_agg(shock.key, ', ' order by shock.key) into wrong
    from jsonb_each(p_shocks) as shock
    where shock.key <> all (p_factor_ids);
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'the model has no factors %s; it has %s',
            wrong, array_to_string(p_factor_ids, ', '));
    end if;
    select string_agg(shock.key, ', ' order by shock.key) into wrong
    from jsonb_each(p_shocks) as shock
    where jsonb_typeof(shock.value) <> 'number';
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'shocks that are no numbers: %s', wrong);
    end if;
    return array(
        select (p_shocks ->> factor.factor_id)::double precision
        from unnest(p_factor_ids) with ordinality as factor (factor_id, place)
        order by factor.place
    );
end
$body$;

comment on function risk.portfolio_shocks(jsonb, text[]) is
'Named shocks of factors as a vector; null where a factor has none.';
