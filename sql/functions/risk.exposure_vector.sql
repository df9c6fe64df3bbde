-- risk.exposure_vector(
--     factor_ids, sector_factors, sector_weights, styles, style_exposures)
--     -> double precision[]
--
-- Exposures of a portfolio in the order of a model's factors: to the market the sum of
-- the sector weights, to each sector its weight, to each style its exposure; 0 for a
-- sector it does not hold.
-- Errors: 22023 for a sector it holds that is no factor of the model.
--
-- Tested in: tests/risk/test_validation.py

create or replace function risk.exposure_vector(
    p_factor_ids text[],
    p_sector_factors text[],
    p_sector_weights double precision[],
    p_styles text[],
    p_style_exposures double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    made double precision[] := array_fill(
        0::double precision, array[cardinality(p_factor_ids)]
    );
    place integer;
begin
    for i in 1..cardinality(p_sector_factors) loop
        place := array_position(p_factor_ids, p_sector_factors[i]);
        if place is null then
            raise exception using errcode = '22023', message = format(
                'risk.exposure_vector: %s is no factor of the model', p_sector_factors[i]);
        end if;
        made[place] := p_sector_weights[i];
        made[1] := made[1] + p_sector_weights[i];
    end loop;
    for i in 1..cardinality(p_styles) loop
        made[array_position(p_factor_ids, p_styles[i])] := p_style_exposures[i];
    end loop;
    return made;
end
$body$;

comment on function risk.exposure_vector(
    text[], text[], double precision[], text[], double precision[]
) is
'Exposures of a portfolio in the order of a model''s factors.';
