-- risk.estimate(model, date) -> bigint
--
-- Freezes a model's estimate of a date (by default its last): the covariance, made
-- anew from the factor returns of the last build, together with these returns; and
-- the specific volatilities. Nobody can change it afterwards; risk.reproduces makes
-- it again from what it holds. Returns the estimate_id.
-- Errors: P0002 for an unknown model, 22023 for a date it does not cover.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.estimate(p_model text, p_date date default null)
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    model risk.model := risk.model_in_force(p_model);
    day date := risk.covered_date(model.model_id, p_date);
    factors text[];
    dates date[];
    numbers integer[];
    history double precision[];
    made double precision[];
    estimate bigint;
begin
    select factor_ids into factors from risk.rsk_covariances
    where model_id = model.model_id and trade_date = day;

    select array_agg(trade_date order by trade_date),
        array_agg(session_no order by trade_date),
        array_agg(
            case model.parameters ->> 'kind'
                when 'window' then risk.zero_for_null(vector) else vector
            end order by trade_date
        )
    into dates, numbers, history
    from risk.factor_vectors(factors, day);

    if not exists (
        select from marts.fct_specific_risk as s
        where s.model = p_model and s.trade_date = day
    ) then
        raise exception using errcode = '22023', message = format(
            'risk model %s has no specific risk of %s yet: build first', p_model, day);
    end if;
    made := risk.estimate_covariance(model.parameters, numbers, history);
    insert into risk.estimate (
        model_id, build_id, trade_date, parameters, factor_ids, history_dates,
        factor_history, covariance, diagnostics, checksum
    )
    select
        model.model_id, (select max(build_id) from ops.build where status = 'done'), day,
        model.parameters, factors, dates, history, made,
        jsonb_build_object(
            'n_days', c.n_days, 'regime_multiplier', c.regime_multiplier,
            'distortion', c.distortion, 'shrinkage', c.shrinkage,
            'equals_build', c.covariance = made
        ),
        risk.checksum_of(made, array(
            select s.specific_volatility from marts.fct_specific_risk as s
            where s.model = p_model and s.trade_date = day order by s.security_id
        ))
    from risk.rsk_covariances as c
    where c.model_id = model.model_id and c.trade_date = day
    returning estimate_id into estimate;

    insert into risk.estimate_specific (estimate_id, security_id, specific_volatility)
    select estimate, s.security_id, s.specific_volatility
    from marts.fct_specific_risk as s
    where s.model = p_model and s.trade_date = day;
    return estimate;
end
$body$;

comment on function risk.estimate(text, date) is
'Freezes a model''s estimate of a date with the factor returns it is made of.';
