-- fac.variance(n, total, total_of_squares) -> double precision
--
-- Sample variance (n - 1) from running sums; null below two observations.
-- Rounding can leave a tiny negative number for a flat window: it counts as 0.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.variance(
    n double precision,
    total double precision,
    total_of_squares double precision
)
returns double precision
language sql
immutable
parallel safe
return case
    when n >= 2
        then case
            when total_of_squares - total * total / n > 1e-14 * total_of_squares
                then (total_of_squares - total * total / n) / (n - 1)
            else 0
        end
end;

comment on function fac.variance(
    double precision, double precision, double precision
) is
'Sample variance from running sums; null below two observations, never negative.';
