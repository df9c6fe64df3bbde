-- risk.effective_days(n, half_life) -> double precision
--
-- How many equally weighted days n days with exponential weights are worth:
-- (sum of weights)^2 / sum of squared weights. Without a half-life, n.
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.effective_days(
    n integer, half_life double precision
)
returns double precision
language sql
immutable
parallel safe
return case
    when half_life is null then n
    when n > 0
        then
            (1 - exp(-n * ln(2::double precision) / half_life)) ^ 2
            * (1 - exp(-2 * ln(2::double precision) / half_life))
            / (1 - exp(-2 * n * ln(2::double precision) / half_life))
            / (1 - exp(-ln(2::double precision) / half_life)) ^ 2
end;

comment on function risk.effective_days(integer, double precision) is
'Equally weighted days that exponentially weighted ones are worth.';
