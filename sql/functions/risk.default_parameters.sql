-- risk.default_parameters(name) -> jsonb
--
-- Parameters of the models that come with the warehouse; null for another name.
-- Half-lives and windows in sessions. What each key means, and where the values come
-- from: docs/risk.md.
--
-- short and long: the responsive and the stable variant of USE4 (S and L); 504 days
--     for the correlations of both. regime: short, with days of the market's other
--     volatility state at half weight. classic: an equally weighted year.
-- Source: Menchero, Orr and Wang (2011), USE4 methodology, sections 4 and 5.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.default_parameters(p_name text)
returns jsonb
language plpgsql
immutable
parallel safe
as $body$
declare
    short constant jsonb := jsonb_build_object(
        'kind', 'exponential',
        'variance_half_life', 84, 'variance_lags', 5,
        'correlation_half_life', 504, 'correlation_lags', 2,
        'eigenfactor_scale', 1.4, 'eigenfactor_every', 252,
        'eigenfactor_simulations', 40, 'seed', 20111201,
        'regime_half_life', 42, 'regime_least_days', 42, 'regime_weight', 1,
        'least_days', 126,
        'specific_half_life', 84, 'specific_lags', 5, 'specific_shrinkage', 0.1,
        'specific_least_days', 60, 'specific_full_days', 180
    );
begin
    return case p_name
        when 'short' then short
        when 'long' then short || jsonb_build_object(
            'variance_half_life', 252, 'regime_half_life', 168, 'specific_half_life', 252
        )
        when 'regime' then short || jsonb_build_object('regime_weight', 0.5)
        when 'classic' then jsonb_build_object(
            'kind', 'window', 'window_days', 252,
            'specific_shrinkage', 0, 'specific_least_days', 60, 'specific_full_days', 180
        )
    end;
end
$body$;

comment on function risk.default_parameters(text) is
'Parameters of the risk models that come with the warehouse.';
