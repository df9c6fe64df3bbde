-- stats.ledoit_wolf(x) -> (covariance, shrinkage)
--
-- Covariance matrix of the columns of x, observations by row, shrunk towards the
-- mean variance times the identity by the share that minimises the expected
-- squared error: (1 - shrinkage) S + shrinkage mu I, with S about the means and
-- of the population. Equals sklearn.covariance.ledoit_wolf(x), no shrinkage of a
-- single column included. Null for null; an error 22023 for entries that are not
-- finite.
--
-- Source: Ledoit & Wolf (2004), Journal of Multivariate Analysis 88, 365-411.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.ledoit_wolf(
    x double precision[],
    out covariance double precision[],
    out shrinkage double precision
)
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    d double precision[] := stats.demeaned(x, null, 'stats.ledoit_wolf');
    n integer := array_length(x, 1);
    k integer := array_length(x, 2);
    mu double precision;
    beta double precision := 0;
    delta double precision := 0;
    s double precision;
begin
    covariance := linalg.scale(linalg.gram(d), 1::double precision / n);
    mu := linalg.trace(covariance) / k;
    for t in 1..n loop
        s := 0;
        for j in 1..k loop
            s := s + d[t][j] * d[t][j];
        end loop;
        beta := beta + s * s;
    end loop;
    for i in 1..k loop
        for j in 1..k loop
            delta := delta + covariance[i][j] * covariance[i][j];
        end loop;
    end loop;
    beta := (beta / n - delta) / (k * n::double precision);
    delta := delta / k - mu * mu;
    beta := least(beta, delta);
    shrinkage := case when k = 1 or beta = 0 then 0 else beta / delta end;
    for i in 1..k loop
        for j in 1..k loop
            covariance[i][j] := covariance[i][j] * (1 - shrinkage)
                + case when i = j then shrinkage * mu else 0 end;
        end loop;
    end loop;
end
$body$;

comment on function stats.ledoit_wolf(double precision[]) is
'Covariance matrix shrunk as Ledoit and Wolf do, and by how much.';
