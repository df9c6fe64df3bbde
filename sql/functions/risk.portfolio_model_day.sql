-- risk.portfolio_model_day(model, date)
--     -> one row: trade_date, specific_model_id, factor_ids, covariance
--
-- What a risk model in force says of factors at the close of a date, null: of the last
-- date it covers. It covers those with a covariance and with specific risk.
--
-- covariance: K x K, of daily returns, in the order of the K factor_ids.
-- specific_model_id: under which risk.rsk_specific_risk keeps its specific risk.
-- Errors: P0002 for a model that is not in force, naming those that are; 22023 for a
-- date that it does not cover, naming the first and the last, or without any.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_model_day(p_model text, p_date date)
returns table (
    trade_date date,
    specific_model_id integer,
    factor_ids text[],
    covariance double precision[]
)
language plpgsql
stable
parallel safe
as $body$
declare
    known record;
    first_date date;
    last_date date;
begin
    select model.model_id, model.specific_model_id into known
    from marts.dim_risk_model as model
    where model.model = p_model and model.is_in_force;
    if not found then
        raise exception using errcode = 'P0002', message = format(
            'no risk model %L is in force; these are: %s', p_model, (
                select string_agg(model.model, ', ' order by model.model_id)
                from marts.dim_risk_model as model
                where model.is_in_force
            ));
    end if;

    return query
    select day.trade_date, known.specific_model_id, day.factor_ids, day.covariance
    from risk.rsk_covariances as day
    where
        day.model_id = known.model_id
        and day.covariance is not null
        and day.trade_date between coalesce(p_date, '-infinity')
        and coalesce(p_date, 'infinity')
        and exists (
            select from risk.rsk_specific_risk as specific
            where
                specific.model_id = known.specific_model_id
                and specific.trade_date = day.trade_date
                and specific.shrunk_volatility is not null
        )
    order by day.trade_date desc
    limit 1;
    if found then
        return;
    end if;

    select min(day.trade_date), max(day.trade_date) into first_date, last_date
    from risk.rsk_covariances as day
    where
        day.model_id = known.model_id
        and day.covariance is not null
        and exists (
            select from risk.rsk_specific_risk as specific
            where
                specific.model_id = known.specific_model_id
                and specific.trade_date = day.trade_date
                and specific.shrunk_volatility is not null
        );
    raise exception using errcode = '22023', message = case
        when last_date is null
            then
                format('risk model %s covers no date yet: factorium build', p_model)
        else
            format(
                'risk model %s does not cover %s: its sessions are within %s to %s',
                p_model, p_date, first_date, last_date)
    end;
end
$body$;

comment on function risk.portfolio_model_day(text, date) is
'Factors and their covariance as a risk model in force has them on a date.';
