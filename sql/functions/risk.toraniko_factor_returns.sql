-- risk.toraniko_factor_returns(
--     panel, sectors, styles, winsor_factor, residualize_styles)
--     -> one row per date: date, factor_ids, factor_returns
--
-- Factor returns as toraniko.model.estimate_factor_returns makes them, for those who
-- compare: day by day weighted least squares, weights the roots of market_cap, on
-- market and sectors that sum to 0, then on the styles. From cross-moments, in one
-- aggregation of the panel. The model of the warehouse is risk.factor_returns.
--
-- panel: name of a relation with date, symbol, asset_returns, market_cap and one
--     column per sector and style, scores of any kind.
-- winsor_factor: returns are cut at this quantile of their date and at 1 less it;
--     null: they are not cut. residualize_styles: styles explain what market and
--     sectors leave of the returns, or else the returns.
-- Returns: factor_ids is market, sectors, styles, the latter two sorted by name.
-- Errors: 22023 as in risk.toraniko_panel_query.
-- Source: toraniko 1.1, toraniko.model.
--
-- Tested in: tests/oracles/test_toraniko.py

create or replace function risk.toraniko_factor_returns(
    p_panel text,
    p_sectors text[],
    p_styles text[],
    p_winsor_factor double precision default 0.05,
    p_residualize_styles boolean default true
)
returns table (
    date date,
    factor_ids text[],
    factor_returns double precision[]
)
language plpgsql
stable
parallel restricted
set work_mem = '256MB'
as $body$
declare
    m constant integer := cardinality(p_sectors);
    k constant integer := coalesce(cardinality(p_styles), 0);
    panel constant text := risk.toraniko_panel_query(
        p_panel, p_sectors, p_styles, p_winsor_factor
    );
    z text[] := array['1'];
    products text[] := array[]::text[];
    with_r text[] := array[]::text[];
begin
    for i in 2..1 + m + k loop
        z := z || format('z%s', i);
    end loop;
    for i in 1..1 + m + k loop
        with_r := with_r || format('sum(w * %s * r)', z[i]);
        for j in i..1 + m + k loop
            products := products || case
                when p_residualize_styles or i > 1 + m or j <= 1 + m
                    then format('sum(w * %s * %s)', z[i], z[j])
                else 'null'
            end;
        end loop;
    end loop;
    return query execute format(
        $query$
            select
                moments.date,
                %1$L::text[],
                risk.toraniko_cross_section(wzz, wzr, %2$s, %3$s, %4$L)
            from (
                select
                    panel.date,
                    array[%5$s]::double precision[] as wzz,
                    array[%6$s]::double precision[] as wzr
                from (%7$s) as panel
                group by panel.date
            ) as moments
            order by moments.date
        $query$,
        array['market']
        || array(select s from unnest(p_sectors) as s order by s collate "C")
        || array(select s from unnest(p_styles) as s order by s collate "C"),
        m, k, p_residualize_styles,
        array_to_string(products, ', '), array_to_string(with_r, ', '), panel
    );
end
$body$;

comment on function risk.toraniko_factor_returns(
    text, text[], text[], double precision, boolean
) is
'Daily factor returns of a panel as toraniko.model estimates them.';
