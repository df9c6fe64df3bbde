-- fac.covariance(n, total_x, total_y, total_xy) -> double precision
--
-- Sample covariance (n - 1) from running sums; null below two observations.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.covariance(
    n double precision,
    total_x double precision,
    total_y double precision,
    total_xy double precision
)
returns double precision
language sql
immutable
parallel safe
return case when n >= 2 then (total_xy - total_x * total_y / n) / (n - 1) end;

comment on function fac.covariance(
    double precision, double precision, double precision, double precision
) is 'Sample covariance from running sums; null below two observations.';
