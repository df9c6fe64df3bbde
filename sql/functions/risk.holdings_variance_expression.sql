-- risk.holdings_variance_expression(covariance, places) -> text
--
-- A SQL expression for the factor variance x'Fx of a name whose exposures to styles are
-- x1, x2, ..., and whose market and sector terms are in `sector_variance` and
-- `sector_slopes`: those and the styles' covariances, which it carries as literals, so
-- that a name costs as many products as styles have pairs.
--
-- covariance: K x K. places: where in it the styles are.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.holdings_variance_expression(
    p_covariance double precision[], p_places integer[]
)
returns text
language plpgsql
immutable
parallel safe
set extra_float_digits = 1
as $body$
declare
    n constant integer := coalesce(cardinality(p_places), 0);
    expression text := 'sector_variance';
begin
    for i in 1..n loop
        expression := expression || format(' + x%s * (sector_slopes[%1$s]', i);
        for j in i..n loop
            expression := expression || format(
                ' + %L::double precision * x%s',
                case when i = j then 1 else 2 end
                * p_covariance[p_places[i]][p_places[j]], j
            );
        end loop;
        expression := expression || ')';
    end loop;
    return expression;
end
$body$;

comment on function risk.holdings_variance_expression(
    double precision[], integer[]
) is
'The SQL expression for the factor variance of a name with given style exposures.';
