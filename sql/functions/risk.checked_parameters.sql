-- risk.checked_parameters(parameters) -> jsonb
--
-- A model's parameters, completed by the defaults of its kind.
-- Errors: 22023 naming the parameter that is unknown, not a number or out of range.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.checked_parameters(p_parameters jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
as $body$
declare
    kind text := coalesce(p_parameters ->> 'kind', 'exponential');
    defaults jsonb;
    chosen jsonb;
    wrong text;
begin
    if kind not in ('exponential', 'window') then
        raise exception using errcode = '22023', message = format(
            'parameter kind: %L is neither exponential nor window', kind);
    end if;
    defaults := risk.default_parameters(
        case kind when 'window' then 'classic' else 'short' end
    );
    chosen := defaults || coalesce(p_parameters, '{}') || jsonb_build_object('kind', kind);
    select key into wrong from jsonb_object_keys(chosen) as key where not defaults ? key;
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'parameter %s: unknown; a model of kind %s has %s', wrong, kind,
            (select string_agg(key, ', ' order by key) from jsonb_object_keys(defaults) as key)
        );
    end if;
    select p.key into wrong
    from jsonb_each(chosen) as p
    left join (values
        ('variance_half_life', 10, 1e4), ('correlation_half_life', 10, 1e4),
        ('regime_half_life', 10, 1e4), ('specific_half_life', 10, 1e4),
        ('window_days', 20, 1e4),
        ('variance_lags', 0, 20), ('correlation_lags', 0, 20), ('specific_lags', 0, 5),
        ('eigenfactor_scale', 0, 3), ('eigenfactor_every', 1, 1e4),
        ('eigenfactor_simulations', 0, 1e4), ('seed', 0, 2e9),
        ('regime_least_days', 0, 1e4), ('regime_weight', 0, 1),
        ('least_days', 2, 1e4), ('specific_shrinkage', 0, 10),
        ('specific_least_days', 2, 1e4), ('specific_full_days', 3, 1e4)
    ) as range (key, low, high) on p.key = range.key
    where p.key <> 'kind' and not coalesce(
        case when jsonb_typeof(p.value) = 'number'
            then p.value::text::float8 between range.low and range.high
                and (p.key not in (
                    'variance_lags', 'correlation_lags', 'specific_lags', 'window_days',
                    'eigenfactor_every', 'eigenfactor_simulations', 'seed',
                    'regime_least_days', 'least_days'
                ) or p.value::text::numeric % 1 = 0)
        end, false
    )
    order by p.key limit 1;
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'parameter %s: %s is no number in its range', wrong, chosen -> wrong);
    end if;
    -- Whole numbers as such: 63.0 is no integer to a cast from text.
    select jsonb_object_agg(
        p.key,
        case jsonb_typeof(p.value)
            when 'number' then to_jsonb(trim_scale(p.value::text::numeric))
            else p.value
        end
    ) into chosen
    from jsonb_each(chosen) as p;
    -- A short window is a full history when it is full.
    if kind = 'window' then
        chosen := jsonb_build_object(
            'specific_full_days', least(180, (chosen ->> 'window_days')::integer),
            'specific_least_days', least(60, (chosen ->> 'window_days')::integer / 3)
        ) || (chosen - array['specific_full_days', 'specific_least_days'])
        || coalesce(
            (
                select jsonb_object_agg(key, value) from jsonb_each(p_parameters)
                where key in ('specific_full_days', 'specific_least_days')
            ), '{}'
        );
    end if;
    if (chosen ->> 'specific_full_days')::float8 <= (chosen ->> 'specific_least_days')::float8
        or (chosen ->> 'window_days')::float8 < (chosen ->> 'specific_full_days')::float8
    then
        raise exception using errcode = '22023', message = format(
            'parameter specific_full_days: %s has to be above specific_least_days (%s) and '
            'not above window_days', chosen -> 'specific_full_days',
            chosen -> 'specific_least_days'
        );
    end if;
    return chosen;
end
$body$;

comment on function risk.checked_parameters(jsonb) is
'A risk model''s parameters, completed by the defaults of its kind, or an error.';
