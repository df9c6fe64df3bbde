-- risk.principal_components(date, n_days, n_components)
--     -> (n_names, dates, eigenvalues, explained, factor_returns,
--         security_ids, loadings, specific_volatilities)
--
-- The statistical model: asymptotic principal components of the excess returns of the
-- estimation universe over the n_days sessions up to a date (by default the last).
-- Names with a return on every one of them take part. With T days and N names the
-- eigenvectors of the T x T matrix R'R / N are the factors' returns, of unit mean
-- square; a name's loadings are its mean products with them, and what they leave is
-- specific. Names are weighted equally; returns are about zero.
-- explained: share of the mean square return by component. factor_returns: components
-- x days; loadings: names x components, in daily fractions; the covariance of names is
-- loadings loadings' + diagonal of specific_volatilities squared.
-- 126 days take some seconds (Jacobi's method), 252 half a minute.
-- Errors: 22023 where fewer names than components, or no such window.
-- Source: Connor and Korajczyk (1988), Risk and return in an equilibrium APT.
--
-- Tested in: tests/risk/test_premia.py

create or replace function risk.principal_components(
    p_date date default null,
    p_n_days integer default 126,
    p_n_components integer default 10,
    out trade_date date,
    out n_names integer,
    out dates date[],
    out eigenvalues double precision[],
    out explained double precision[],
    out factor_returns double precision[],
    out security_ids integer[],
    out loadings double precision[],
    out specific_volatilities double precision[]
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    returns double precision[];
    gram double precision[];
    vectors double precision[];
    total double precision;
begin
    select array_agg(d.trade_date order by d.trade_date), max(d.trade_date)
    into dates, trade_date
    from (
        select distinct r.trade_date from risk.rsk_regressions as r
        where p_date is null or r.trade_date <= p_date
        order by r.trade_date desc limit p_n_days
    ) as d;
    if coalesce(cardinality(dates), 0) < p_n_days then
        raise exception using errcode = '22023', message = format(
            'risk.principal_components: %s of %s days have returns',
            coalesce(cardinality(dates), 0), p_n_days
        );
    end if;
    select
        array_agg(whole.security_id order by whole.security_id),
        array_agg(whole.returns order by whole.security_id)
    into security_ids, returns
    from (
        select r.security_id, array_agg(r.excess_return order by r.trade_date) as returns
        from risk.rsk_returns as r
        where r.trade_date between dates[1] and dates[p_n_days] and r.is_estimated
        group by r.security_id
        having count(*) = p_n_days
    ) as whole;
    n_names := coalesce(cardinality(security_ids), 0);
    if n_names <= p_n_components or p_n_days <= p_n_components then
        raise exception using errcode = '22023', message = format(
            'risk.principal_components: %s names and %s days for %s components',
            n_names, p_n_days, p_n_components
        );
    end if;

    gram := linalg.scale(linalg.gram(returns), 1.0::float8 / n_names);
    select e.eigenvalues[1:p_n_components], e.eigenvectors[1:p_n_days][1:p_n_components]
    into eigenvalues, vectors
    from linalg.eigen_symmetric(gram) as e;
    total := linalg.trace(gram);
    explained := array(
        select v / total from unnest(eigenvalues) with ordinality as u (v, place) order by place
    );
    factor_returns := linalg.scale(linalg.transpose(vectors), sqrt(p_n_days::float8));
    loadings := linalg.scale(
        linalg.multiply(returns, linalg.transpose(factor_returns)), 1.0::float8 / p_n_days
    );
    specific_volatilities := array_fill(0::double precision, array[n_names]);
    for i in 1..n_names loop
        total := 0;
        for t in 1..p_n_days loop
            total := total + returns[i][t] * returns[i][t] / (p_n_days - p_n_components);
        end loop;
        for j in 1..p_n_components loop
            total := total - loadings[i][j] * loadings[i][j]
                * p_n_days / (p_n_days - p_n_components);
        end loop;
        specific_volatilities[i] := sqrt(greatest(total, 0));
    end loop;
end
$body$;

comment on function risk.principal_components(date, integer, integer) is
'Asymptotic principal components of excess returns: factors, loadings, specific risk.';
