-- stats.weighted_pair_merge(a, b) -> double precision[]
--
-- The state of stats.weighted_covariance over two sets of rows, from the states
-- over each: what parallel workers return.
--
-- Source: Chan, Golub & LeVeque (1983), The American Statistician 37, 242-247.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.weighted_pair_merge(
    a double precision[], b double precision[]
)
returns double precision[]
language sql
immutable
parallel safe
return case
    when a[1] = 0 then b
    when b[1] = 0 then a
    else array[
        a[1] + b[1],
        a[2] + (b[2] - a[2]) * (b[1] / (a[1] + b[1])),
        a[3] + (b[3] - a[3]) * (b[1] / (a[1] + b[1])),
        a[4] + b[4] + case
            when abs(b[2] - a[2]) > 1e-150 and abs(b[3] - a[3]) > 1e-150
                then (b[2] - a[2]) * (b[3] - a[3]) * (a[1] / (a[1] + b[1])) * b[1]
            else 0
        end
    ]
end;

comment on function stats.weighted_pair_merge(
    double precision[], double precision[]
) is
'Joins two states of the weighted covariance.';
