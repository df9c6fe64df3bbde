-- risk.covered_date(model_id, date) -> date
--
-- The date itself where the model has a covariance of it; its last date for null.
-- Errors: 22023 where the model does not cover the date, naming the dates it covers.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.covered_date(p_model_id integer, p_date date)
returns date
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    chosen date;
begin
    select max(trade_date) into chosen from risk.rsk_covariances
    where model_id = p_model_id and covariance is not null
    and (p_date is null or trade_date = p_date);
    if chosen is null then
        raise exception using errcode = '22023', message = (
            select format(
                'risk model %s has no estimate of %s; it covers %s to %s',
                (select name from risk.model where model_id = p_model_id),
                coalesce(p_date::text, 'any date'),
                coalesce(min(trade_date)::text, 'nothing'),
                coalesce(max(trade_date)::text, 'nothing')
            )
            from risk.rsk_covariances
            where model_id = p_model_id and covariance is not null
        );
    end if;
    return chosen;
end
$body$;

comment on function risk.covered_date(integer, date) is
'The date itself, or the model''s last; an error where the model does not cover it.';
