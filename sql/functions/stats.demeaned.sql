-- stats.demeaned(x, weights, caller) -> double precision[]
--
-- A matrix of observations by row less the weighted mean of every column. Means
-- are taken about the first row: a constant column gives exact zeros. Equal
-- weights where they are null; null for a null x; an error 22023 that names the
-- caller for entries that are not finite, a vector of weights of another length,
-- a negative weight or none that is positive.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.demeaned(
    x double precision[], weights double precision[], caller text
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    n integer := linalg.require_matrix(x, caller);
    w double precision[] := weights;
    total double precision := 0;
    first_value double precision;
    s double precision;
begin
    if x is null then
        return null;
    elsif w is null then
        w := array_fill(1::double precision, array[n]);
    end if;
    for t in 1..linalg.require_vector(w, caller, n) loop
        total := total + w[t];
    end loop;
    if 0 > any (w) or total <= 0 then
        raise exception using errcode = '22023', message = format(
            '%s: a weight is negative, or all are 0', caller);
    end if;
    for j in 1..array_length(x, 2) loop
        first_value := x[1][j];
        s := 0;
        for t in 1..n loop
            s := s + w[t] * (x[t][j] - first_value);
        end loop;
        s := first_value + s / total;
        for t in 1..n loop
            x[t][j] := x[t][j] - s;
        end loop;
    end loop;
    return x;
end
$body$;

comment on function stats.demeaned(double precision[], double precision[], text) is
'Observations less the weighted means of their columns.';
