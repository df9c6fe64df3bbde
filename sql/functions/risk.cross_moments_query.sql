-- risk.cross_moments_query(panel, styles, since, until) -> text
--
-- The query that reduces a panel to what its cross-sectional regressions need:
-- one row per trade_date and sector, with weighted sums of the styles, of their
-- products (upper triangle, row by row) and of their products with the returns.
-- One parallel aggregation over the panel; all that follows is small.
--
-- panel: a relation's name, with columns trade_date, sector, weight, cap,
--     is_estimated, estimation_return, excess_return and one per style.
-- Rows outside the estimation universe, with a null among these, or with a weight or
-- a cap that is not positive do not count. (Each `is not null` by itself: the planner
-- thinks num_nulls() = 0 rare and sorts the panel instead of hashing it.)
-- prefix e: estimation_return (winsorized); prefix r: excess_return as it was.
--
-- Tested in: tests/sql/test_risk_regression.py

create or replace function risk.cross_moments_query(
    p_panel text, p_styles text[], p_since date, p_until date
)
returns text
language plpgsql
immutable
parallel safe
as $body$
declare
    n constant integer := coalesce(cardinality(p_styles), 0);
    sums text[] := array[]::text[];
    products text[] := array[]::text[];
    with_e text[] := array[]::text[];
    with_r text[] := array[]::text[];
    known text := '';
begin
    for i in 1..n loop
        sums := sums || format('sum(weight * %I)', p_styles[i]);
        with_e := with_e || format('sum(weight * %I * estimation_return)', p_styles[i]);
        with_r := with_r || format('sum(weight * %I * excess_return)', p_styles[i]);
        known := known || format(' and %I is not null', p_styles[i]);
        for j in i..n loop
            products := products
                || format('sum(weight * %I * %I)', p_styles[i], p_styles[j]);
        end loop;
    end loop;
    return format(
        $query$
            select
                trade_date,
                sector,
                count(*)::integer as n_names,
                sum(weight) as w,
                sum(cap) as cap,
                sum(weight * estimation_return) as we,
                sum(weight * estimation_return * estimation_return) as wee,
                sum(weight * excess_return) as wr,
                sum(weight * excess_return * excess_return) as wrr,
                array[%1$s]::double precision[] as wx,
                array[%2$s]::double precision[] as wxx,
                array[%3$s]::double precision[] as wxe,
                array[%4$s]::double precision[] as wxr
            from %5$s
            where
                trade_date between %6$L and %7$L
                and is_estimated
                and weight > 0
                and cap > 0
                and sector is not null
                and estimation_return is not null
                and excess_return is not null%8$s
            group by trade_date, sector
        $query$,
        array_to_string(sums, ', '), array_to_string(products, ', '),
        array_to_string(with_e, ', '), array_to_string(with_r, ', '),
        p_panel, p_since, p_until, known
    );
end
$body$;

comment on function risk.cross_moments_query(text, text[], date, date) is
'The query for weighted cross-moments of a panel by date and sector.';
