-- risk.holdings_vectors(
--     security_ids, weights, benchmark_ids, benchmark_weights,
--     trade_date, specific_model_id, factor_ids) -> one row
--
-- What a portfolio, its benchmark and their difference are exposed to: the vectors
-- from which all numbers of their risk follow. One pass over the names they hold.
--
-- exposures, benchmark_exposures, active_exposures: sums of weights times exposures,
--     in the order of factor_ids. A name has 1 to 'market', and to its sector where
--     that is among the factors.
-- specific_variance, benchmark_..., active_...: sums of squared weights times daily
--     specific variances; specific_covariance that of portfolio and benchmark. The
--     specific returns of two names are independent, those of two lines of one
--     company too.
-- n_covered, covered_weight, uncovered_weight, uncovered: the portfolio's names that
--     the model covers and the others, which have no part in the sums.
-- benchmark_uncovered_weight: the same of the benchmark.
-- specific_model_id: null asks for no specific risk, and its sums are null. A
-- benchmark of null is one without names.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.holdings_vectors(
    p_security_ids integer[],
    p_weights double precision[],
    p_benchmark_ids integer[],
    p_benchmark_weights double precision[],
    p_trade_date date,
    p_specific_model_id integer,
    p_factor_ids text[]
)
returns table (
    exposures double precision[],
    benchmark_exposures double precision[],
    active_exposures double precision[],
    specific_variance double precision,
    benchmark_specific_variance double precision,
    active_specific_variance double precision,
    specific_covariance double precision,
    n_covered integer,
    covered_weight double precision,
    uncovered_weight double precision,
    benchmark_uncovered_weight double precision,
    uncovered integer[]
)
language plpgsql
stable
parallel safe
as $body$
declare
    k constant integer := cardinality(p_factor_ids);
    styles constant text[] := array(
        select factor.factor_id
        from unnest(p_factor_ids) with ordinality as factor (factor_id, place)
        where risk.portfolio_factor_kind(factor.factor_id) = 'style'
        order by factor.place
    );
    sums text := '';
    line record;
    -- Where in the vectors the styles are, and all of a line's factors.
    places integer[];
    ats integer[];
    at integer;
    j integer;
begin
    exposures := array_fill(0::double precision, array[k]);
    benchmark_exposures := exposures;
    active_exposures := exposures;
    n_covered := 0;
    covered_weight := 0;
    uncovered_weight := 0;
    benchmark_uncovered_weight := 0;
    uncovered := '{}';
    if p_specific_model_id is not null then
        specific_variance := 0;
        benchmark_specific_variance := 0;
        active_specific_variance := 0;
        specific_covariance := 0;
    end if;
    for i in 1..cardinality(styles) loop
        places := places || array_position(p_factor_ids, styles[i]);
        sums := sums || format(
            ', sum(weight * x%1$s), sum(benchmark_weight * x%1$s)', i);
    end loop;

    for line in execute format(
        $query$
            select
                is_covered,
                array[
                    array_position($7, 'market'),
                    array_position($7, risk.sector_factor(sector))
                ] as ones,
                count(*) filter (where is_held) as n,
                array_agg(security_id) filter (where is_held and not is_covered) as ids,
                array[sum(weight), sum(benchmark_weight)%1$s] as sums,
                sum(weight * weight * specific_volatility * specific_volatility) as own,
                sum(
                    benchmark_weight * benchmark_weight
                    * specific_volatility * specific_volatility
                ) as other,
                sum(
                    (weight - benchmark_weight) * (weight - benchmark_weight)
                    * specific_volatility * specific_volatility
                ) as active,
                sum(
                    weight * benchmark_weight
                    * specific_volatility * specific_volatility
                ) as both
            from (%2$s) as held
            group by is_covered, sector
            order by is_covered, sector
        $query$,
        sums, risk.holdings_query(styles)
    ) using
        p_security_ids, p_weights, p_benchmark_ids, p_benchmark_weights,
        p_trade_date, p_specific_model_id, p_factor_ids
    loop
        if not line.is_covered then
            uncovered_weight := uncovered_weight + line.sums[1];
            benchmark_uncovered_weight := benchmark_uncovered_weight + line.sums[2];
            uncovered := uncovered || line.ids;
            continue;
        end if;
        n_covered := n_covered + line.n;
        covered_weight := covered_weight + line.sums[1];
        specific_variance := specific_variance + line.own;
        benchmark_specific_variance := benchmark_specific_variance + line.other;
        active_specific_variance := active_specific_variance + line.active;
        specific_covariance := specific_covariance + line.both;
        ats := line.ones || places;
        for i in 1..cardinality(ats) loop
            continue when ats[i] is null;
            -- Market and sector share their sums, the first two.
            j := 2 * greatest(i - 2, 0);
            at := ats[i];
            exposures[at] := exposures[at] + line.sums[j + 1];
            benchmark_exposures[at] := benchmark_exposures[at] + line.sums[j + 2];
        end loop;
    end loop;
    for i in 1..k loop
        active_exposures[i] := exposures[i] - benchmark_exposures[i];
    end loop;
    return next;
end
$body$;

comment on function risk.holdings_vectors(
    integer[], double precision[], integer[], double precision[], date, integer, text[]
) is
'Exposures and specific variances of a portfolio, its benchmark and their difference.';
