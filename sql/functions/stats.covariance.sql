-- stats.covariance(x, weights default null) -> double precision[]
--
-- The covariance matrix of the columns of x, observations by row: of the
-- population, sum(w_t (x_t - mean)(x_t - mean)') / sum(w_t) about the weighted
-- means, with equal weights where they are null. Null for a null x; an error
-- 22023 for entries that are not finite, weights of another number than rows, a
-- negative weight or none that is positive.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.covariance(
    x double precision[], weights double precision[] default null
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    d double precision[] := stats.demeaned(x, weights, 'stats.covariance');
    k integer := array_length(x, 2);
    total double precision := 0;
    root double precision;
begin
    if x is null then
        return null;
    elsif weights is null then
        return linalg.scale(linalg.gram(d), 1::double precision / array_length(x, 1));
    end if;
    for t in 1..cardinality(weights) loop
        total := total + weights[t];
        root := sqrt(weights[t]);
        for j in 1..k loop
            d[t][j] := d[t][j] * root;
        end loop;
    end loop;
    return linalg.scale(linalg.gram(d), 1 / total);
end
$body$;

comment on function stats.covariance(double precision[], double precision[]) is
'Weighted covariance matrix of the columns of a matrix, of the population.';
