-- risk.holdings_marginals(covariance, exposures, specific_variance)
--     -> one row: volatility, marginals
--
-- Daily volatility of exposures h and a specific variance, and how it changes by a
-- unit of each exposure: F h over the volatility. Null marginals where that is 0.
--
-- covariance: K x K. exposures, marginals: K.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.holdings_marginals(
    p_covariance double precision[],
    p_exposures double precision[],
    p_specific_variance double precision
)
returns table (volatility double precision, marginals double precision[])
language plpgsql
immutable
parallel safe
as $body$
begin
    marginals := linalg.multiply_vector(p_covariance, p_exposures);
    volatility := sqrt(
        greatest(linalg.dot(marginals, p_exposures), 0) + p_specific_variance
    );
    for i in 1..cardinality(marginals) loop
        marginals[i] := marginals[i] / nullif(volatility, 0);
    end loop;
    return next;
end
$body$;

comment on function risk.holdings_marginals(
    double precision[], double precision[], double precision
) is
'Volatility of exposures with a specific variance, and its derivatives.';
