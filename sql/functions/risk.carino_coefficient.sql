-- risk.carino_coefficient(r, b) -> double precision
--
-- (ln(1 + r) - ln(1 + b)) / (r - b), and its limit 1 / (1 + r) where both returns are
-- equal: what a period's contributions to r - b are multiplied by to add up over
-- time. With b = 0 it links contributions to a return. Returns are fractions.
-- Null where one is null; an error 22023 for a return of -1 or below.
--
-- With z = (r - b) / (2 + r + b) the numerator is 2 atanh(z); below z = 0.01, where
-- the difference of logarithms loses digits, the series 1 + z^2 / 3 + z^4 / 5 + ...
--
-- Source: Carino (1999), Journal of Performance Measurement 3(4), 5-14.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.carino_coefficient(
    r double precision, b double precision
)
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    whole constant double precision := (1 + r) + (1 + b);
    z double precision;
    square double precision;
begin
    if not (r > -1 and b > -1 and r < 'Infinity' and b < 'Infinity') then
        raise exception using errcode = '22023', message = format(
            'risk.carino_coefficient: no return of -100 %% or less is linked: %s, %s',
            r, b);
    end if;
    -- Not by z, whose quotient or square may be too small for a number.
    if abs(r - b) < 1e-8 * whole then
        return 2 / whole;
    end if;
    z := (r - b) / whole;
    if abs(z) < 0.01 then
        square := z * z;
        return 2 / whole * (1 + square * (1 / 3.0::double precision
            + square * (0.2 + square * (1 / 7.0::double precision
            + square / 9))));
    end if;
    return (ln(1 + r) - ln(1 + b)) / (r - b);
end
$body$;

comment on function risk.carino_coefficient(double precision, double precision) is
'Difference of log returns over the difference of returns: links contributions.';
