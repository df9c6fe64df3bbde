-- stats.newey_west_variance(x, lags, half_life default null) -> double precision
--
-- Variance of a series, oldest first, that counts autocovariances up to `lags`:
-- gamma_0 + 2 sum over l of (1 - l / (lags + 1)) gamma_l, gamma_l = sum over
-- t > l of w_t e_t e_(t-l), with e about the weighted mean and w by
-- stats.decay_weights(length, half_life), equal where half_life is null: as
-- statsmodels' S_hac. Null where x or lags is null; an error 22023 for entries
-- that are not finite, negative lags and a half_life that is not positive. With
-- a half_life it can be negative: the weights are those of the later observation.
--
-- Source: Newey & West (1987), Econometrica 55, 703-708.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.newey_west_variance(
    x double precision[], lags integer, half_life double precision default null
)
returns double precision
language plpgsql
immutable
parallel safe
as $body$
declare
    n integer := linalg.require_vector(x, 'stats.newey_west_variance');
    w double precision[];
    mean double precision := 0;
    total double precision := 0;
    s double precision;
begin
    if x is null or lags is null then
        return null;
    elsif lags < 0 then
        raise exception using errcode = '22023', message = format(
            'stats.newey_west_variance: lags are negative: %s', lags);
    end if;
    w := stats.decay_weights(n, half_life);
    for t in 1..n loop
        mean := mean + w[t] * (x[t] - x[1]);
    end loop;
    mean := x[1] + mean;
    for t in 1..n loop
        x[t] := x[t] - mean;
    end loop;
    for t in 1..n loop
        s := x[t] / 2;
        for l in 1..least(lags, t - 1) loop
            s := s + (1 - l / (lags + 1::double precision)) * x[t - l];
        end loop;
        total := total + 2 * w[t] * x[t] * s;
    end loop;
    return total;
end
$body$;

comment on function stats.newey_west_variance(
    double precision[], integer, double precision
) is
'Variance that counts autocovariances, with Bartlett''s weights.';
