-- stats.weighted_merge(a, b) -> double precision[]
--
-- The state of the weighted aggregates over two sets of rows, from the states
-- over each: what parallel workers return.
--
-- Source: Chan, Golub & LeVeque (1983), The American Statistician 37, 242-247.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.weighted_merge(
    a double precision[], b double precision[]
)
returns double precision[]
language sql
immutable
parallel safe
return case
    when a[1] = 0 then b
    when b[1] = 0 then a
    when abs(b[2] - a[2]) < 1e-150 then array[a[1] + b[1], a[2], a[3] + b[3]]
    else array[
        a[1] + b[1],
        a[2] + (b[2] - a[2]) * (b[1] / (a[1] + b[1])),
        a[3] + b[3] + (b[2] - a[2]) * (b[2] - a[2]) * (a[1] / (a[1] + b[1])) * b[1]
    ]
end;

comment on function stats.weighted_merge(double precision[], double precision[]) is
'Joins two states of the weighted mean, variance and standard deviation.';
