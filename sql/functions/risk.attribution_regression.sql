-- risk.attribution_regression(y, x, lags)
--     -> (n, coefficients, standard_errors, t_stats, r2)
--
-- Least squares of a series on a constant and the K columns of x, by observation,
-- oldest first, with standard errors that count autocovariances of the scores up to
-- `lags` (Bartlett): as statsmodels' OLS with cov_type='HAC', maxlags=lags.
-- Coefficients, errors and t-statistics: K + 1 values, the constant first; r2 is
-- centred. All null but n where n <= K + 1; r2 null for a constant series, a t null
-- where its standard error is 0. Null where an argument is null.
-- Errors: 22023 for entries that are not finite, x and y of different length, and
--     columns that depend on each other.
--
-- Source: Newey & West (1987), Econometrica 55, 703-708.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_regression(
    y double precision[],
    x double precision[],
    lags integer,
    out n integer,
    out coefficients double precision[],
    out standard_errors double precision[],
    out t_stats double precision[],
    out r2 double precision
)
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    k integer := array_length(x, 2) + 1;
    design double precision[];
    target double precision[];
    scores double precision[];
    inverse double precision[];
    covariance double precision[];
    mean double precision := 0;
    residual double precision;
    sse double precision := 0;
    sst double precision := 0;
begin
    n := linalg.require_vector(
        y, 'risk.attribution_regression',
        linalg.require_matrix(x, 'risk.attribution_regression')
    );
    if n <= k then
        return;
    end if;
    design := array_fill(1::double precision, array[n, k]);
    target := array_fill(0::double precision, array[n, 1]);
    for t in 1..n loop
        for j in 2..k loop
            design[t][j] := x[t][j - 1];
        end loop;
        target[t][1] := y[t];
        mean := mean + y[t] / n;
    end loop;
    inverse := linalg.inverse_symmetric(linalg.gram(design));
    coefficients := linalg.flatten(
        linalg.multiply(inverse, linalg.cross_product(design, target))
    );
    scores := design;
    for t in 1..n loop
        residual := y[t];
        for j in 1..k loop
            residual := residual - design[t][j] * coefficients[j];
        end loop;
        for j in 1..k loop
            scores[t][j] := design[t][j] * residual;
        end loop;
        sse := sse + residual * residual;
        sst := sst + (y[t] - mean) * (y[t] - mean);
    end loop;
    -- The scores have a mean of 0, so that their covariance times n is the middle.
    covariance := risk.sandwich(
        inverse, linalg.scale(stats.newey_west_covariance(scores, lags), n)
    );
    for j in 1..k loop
        standard_errors[j] := sqrt(greatest(covariance[j][j], 0));
        t_stats[j] := coefficients[j] / nullif(standard_errors[j], 0);
    end loop;
    r2 := 1 - sse / nullif(sst, 0);
end
$body$;

comment on function risk.attribution_regression(
    double precision[], double precision[], integer
) is
'Least squares on a constant and factors, with errors robust to autocorrelation.';
