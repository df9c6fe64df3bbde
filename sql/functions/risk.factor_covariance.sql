-- risk.factor_covariance(model, date, horizon_days)
--     -> model, trade_date, factor_ids, covariance; one row
--
-- The K x K covariance of factor returns as the version of a model in force forecasts
-- it at the close of a date, the last one it covers where that is null. Rows and
-- columns in the order of factor_ids: market, sectors, styles. In squared fractions
-- over horizon_days sessions: the daily matrix times the horizon.
-- Errors: P0002 where no version of the model is in force; 22023 for a horizon below
-- one session, and for a date without a matrix, naming the dates the model covers.
--
-- Tested in: tests/api/test_api_risk.py

create or replace function risk.factor_covariance(
    p_model text,
    p_date date default null,
    p_horizon_days integer default 1
)
returns table (
    model text,
    trade_date date,
    factor_ids text[],
    covariance double precision[]
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    wanted integer;
    covered text;
begin
    select m.model_id into wanted from risk.model as m
    where m.name = p_model and m.retired_at is null;
    if wanted is null then
        raise exception using errcode = 'P0002', message = format(
            'no risk model %L is in force', p_model);
    elsif (p_horizon_days >= 1) is not true then
        raise exception using errcode = '22023', message = format(
            'a horizon is one session or more, not %s', coalesce(p_horizon_days::text, 'null'));
    end if;
    return query
    select
        p_model, day.trade_date, day.factor_ids,
        linalg.scale(day.covariance, p_horizon_days)
    from risk.rsk_covariances as day
    where
        day.model_id = wanted
        and day.covariance is not null
        and (p_date is null or day.trade_date = p_date)
    order by day.trade_date desc
    limit 1;
    if not found then
        select format('it covers %s to %s', min(day.trade_date), max(day.trade_date))
        into covered from risk.rsk_covariances as day
        where day.model_id = wanted and day.covariance is not null
        having count(*) > 0;
        raise exception using errcode = '22023', message = format(
            'the risk model %s has no covariance on %s; %s', p_model,
            coalesce(p_date::text, 'any date'),
            coalesce(covered, 'the next build estimates it'));
    end if;
end
$body$;

comment on function risk.factor_covariance(text, date, integer) is
'Covariance of factor returns as a risk model forecasts it at a close, as one matrix.';
