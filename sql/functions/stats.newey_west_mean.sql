-- stats.newey_west_mean(x, lags) -> (mean, standard_error, t_stat)
--
-- Mean of a series, oldest first, and its standard error under autocorrelation up
-- to `lags`, sqrt(stats.newey_west_variance(x, lags) / length): the premium of
-- Fama and MacBeth. Equals statsmodels' OLS on a constant with cov_type='HAC',
-- maxlags=lags, use_correction=False. t_stat is null where the standard error
-- is 0. Null where an argument is null; an error 22023 for entries that are not
-- finite and negative lags.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.newey_west_mean(
    x double precision[],
    lags integer,
    out mean double precision,
    out standard_error double precision,
    out t_stat double precision
)
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    n integer := linalg.require_vector(x, 'stats.newey_west_mean');
    s double precision := 0;
begin
    for t in 1..n loop
        s := s + (x[t] - x[1]);
    end loop;
    mean := x[1] + s / n;
    standard_error := sqrt(greatest(stats.newey_west_variance(x, lags), 0) / n);
    t_stat := mean / nullif(standard_error, 0);
end
$body$;

comment on function stats.newey_west_mean(double precision[], integer) is
'Mean of a series, with its standard error and t under autocorrelation.';
