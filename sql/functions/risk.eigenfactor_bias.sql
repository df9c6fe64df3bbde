-- risk.eigenfactor_bias(eigenvalues, n_days, n_simulations, seed) -> double precision[]
--
-- By how much a sample covariance of n_days normal observations understates (above
-- 1) or overstates the volatility of its own eigenportfolios, largest eigenvalue
-- first: v(k) = sqrt(mean over simulations of true / estimated variance of the k-th
-- estimated eigenportfolio).
-- Only the true eigenvalues matter, because the simulation may as well be done in the
-- basis of the true eigenvectors. A sample covariance is drawn as L A A' L / n with
-- L = sqrt(eigenvalues) and A lower triangular: normals below the diagonal, roots of
-- chi-squared of n - i + 1 degrees on it (Bartlett), these by Wilson and Hilferty's
-- cube, so that n_days need not be whole.
-- The same seed gives the same numbers.
-- Errors: 22023 where n_days is not above the number of eigenvalues, or a simulation
--     count is not positive.
-- Source: Menchero, Wang and Orr (2011), Improving risk forecasts for optimized
-- portfolios, Financial Analysts Journal 68(3); Bartlett (1933).
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.eigenfactor_bias(
    eigenvalues double precision[],
    n_days double precision,
    n_simulations integer,
    seed bigint
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    k constant integer := cardinality(eigenvalues);
    least constant double precision := 1e-12 * eigenvalues[1];
    drawn double precision[];
    factor double precision[] := array_fill(0::double precision, array[k, k]);
    sample double precision[] := array_fill(0::double precision, array[k, k]);
    ratio double precision[] := array_fill(0::double precision, array[k]);
    d double precision[];
    u double precision[];
    x double precision;
    p integer;
begin
    if not n_days > k or n_simulations < 1 then
        raise exception using errcode = '22023', message = format(
            'risk.eigenfactor_bias: %s days and %s simulations for %s factors',
            n_days, n_simulations, k
        );
    end if;
    for m in 1..n_simulations loop
        drawn := stats.normals(k * (k + 1) / 2, seed + m);
        p := 0;
        for i in 1..k loop
            for j in 1..i loop
                p := p + 1;
                x := drawn[p];
                if i = j then
                    x := n_days - i + 1;
                    x := sqrt(x * greatest(
                        1 - 2 / (9 * x) + drawn[p] * sqrt(2 / (9 * x)), 0.01) ^ 3
                    );
                end if;
                factor[i][j] := sqrt(greatest(eigenvalues[i], least) / n_days) * x;
            end loop;
        end loop;
        for i in 1..k loop
            for j in 1..i loop
                x := 0;
                for l in 1..j loop
                    x := x + factor[i][l] * factor[j][l];
                end loop;
                sample[i][j] := x;
                sample[j][i] := x;
            end loop;
        end loop;
        select e.eigenvalues, e.eigenvectors into d, u
        from linalg.eigen_symmetric(sample) as e;
        for j in 1..k loop
            x := 0;
            for i in 1..k loop
                x := x + u[i][j] * u[i][j] * greatest(eigenvalues[i], least);
            end loop;
            ratio[j] := ratio[j] + x / greatest(d[j], least * 1e-3);
        end loop;
    end loop;
    for j in 1..k loop
        ratio[j] := sqrt(ratio[j] / n_simulations);
    end loop;
    return ratio;
end
$body$;

comment on function risk.eigenfactor_bias(
    double precision[], double precision, integer, bigint
) is
'True over estimated volatility of a sample covariance''s eigenportfolios, simulated.';
