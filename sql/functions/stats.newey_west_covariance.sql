-- stats.newey_west_covariance(x, lags, half_life default null) -> double precision[]
--
-- Covariance matrix of the columns of x, observations by row and oldest first,
-- that counts autocovariances up to `lags`: gamma_0 + sum over l of
-- (1 - l / (lags + 1)) (gamma_l + gamma_l'), gamma_l = sum over t > l of
-- w_t e_t e_(t-l)', with e about the weighted means and w by
-- stats.decay_weights(rows, half_life), equal where half_life is null: as
-- statsmodels' S_hac. Null where x or lags is null; an error 22023 for entries
-- that are not finite, negative lags and a half_life that is not positive.
--
-- One product does: with y_t = e_t + 2 sum of (1 - l / (lags + 1)) e_(t-l) it is
-- the symmetric part of sum of w_t e_t y_t'.
--
-- Source: Newey & West (1987), Econometrica 55, 703-708.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.newey_west_covariance(
    x double precision[], lags integer, half_life double precision default null
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    n integer := linalg.require_matrix(x, 'stats.newey_west_covariance');
    k integer := array_length(x, 2);
    w double precision[];
    e double precision[];
    y double precision[];
    taper double precision;
begin
    if x is null or lags is null then
        return null;
    elsif lags < 0 then
        raise exception using errcode = '22023', message = format(
            'stats.newey_west_covariance: lags are negative: %s', lags);
    end if;
    w := stats.decay_weights(n, half_life);
    e := stats.demeaned(x, w, 'stats.newey_west_covariance');
    y := e;
    for l in 1..least(lags, n - 1) loop
        taper := 2 * (1 - l / (lags + 1::double precision));
        for t in l + 1..n loop
            for j in 1..k loop
                y[t][j] := y[t][j] + taper * e[t - l][j];
            end loop;
        end loop;
    end loop;
    for t in 1..n loop
        for j in 1..k loop
            e[t][j] := e[t][j] * w[t];
        end loop;
    end loop;
    y := linalg.cross_product(e, y);
    for i in 1..k loop
        for j in 1..i loop
            y[i][j] := (y[i][j] + y[j][i]) / 2;
            y[j][i] := y[i][j];
        end loop;
    end loop;
    return y;
end
$body$;

comment on function stats.newey_west_covariance(
    double precision[], integer, double precision
) is
'Covariance matrix that counts autocovariances, with Bartlett''s weights.';
