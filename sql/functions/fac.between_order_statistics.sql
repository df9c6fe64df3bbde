-- fac.between_order_statistics(lower, upper, location) -> double precision
--
-- Linear interpolation between two neighbouring order statistics at the
-- fractional part of `location` (a quantile times n - 1), as NumPy's and R's
-- default quantile.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.between_order_statistics(
    lower_value double precision,
    upper_value double precision,
    location numeric
)
returns double precision
language sql
immutable
parallel safe
return lower_value
    + (upper_value - lower_value) * (location - floor(location))::double precision;

comment on function fac.between_order_statistics(
    double precision, double precision, numeric
) is 'Linear interpolation between two neighbouring order statistics.';
