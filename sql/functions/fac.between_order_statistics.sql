-- fac.between_order_statistics(lower, upper, fraction) -> double precision
--
-- Linear interpolation between two neighbouring order statistics, as NumPy's
-- and R's default quantile: of n values, quantile q lies at q * (n - 1), whose
-- whole part names the lower one and whose fraction is passed.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.between_order_statistics(
    lower_value double precision,
    upper_value double precision,
    fraction double precision
)
returns double precision
language sql
immutable
parallel safe
return lower_value + (upper_value - lower_value) * fraction;

comment on function fac.between_order_statistics(
    double precision, double precision, double precision
) is 'Linear interpolation between two neighbouring order statistics.';
