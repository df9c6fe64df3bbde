-- risk.toraniko_residuals(panel, sectors, styles, winsor_factor, residualize_styles)
--     -> one row per row of the panel: date, symbol, residual
--
-- What risk.toraniko_factor_returns, called with the same arguments, leaves of the
-- returns, winsorized as they were for it: the second frame that
-- toraniko.model.estimate_factor_returns returns, one row per date and symbol.
-- Errors: 22023 as in risk.toraniko_panel_query.
-- Source: toraniko 1.1, toraniko.model.
--
-- Tested in: tests/oracles/test_toraniko.py

create or replace function risk.toraniko_residuals(
    p_panel text,
    p_sectors text[],
    p_styles text[],
    p_winsor_factor double precision default 0.05,
    p_residualize_styles boolean default true
)
returns table (
    date date,
    symbol text,
    residual double precision
)
language plpgsql
stable
parallel restricted
set work_mem = '256MB'
as $body$
declare
    panel constant text := risk.toraniko_panel_query(
        p_panel, p_sectors, p_styles, p_winsor_factor
    );
    explained text := 'factor_returns[1]';
begin
    for i in 2..1 + cardinality(p_sectors) + coalesce(cardinality(p_styles), 0) loop
        explained := explained || format(' + factor_returns[%1$s] * z%1$s', i);
    end loop;
    return query execute format(
        $query$
            select panel.date, panel.symbol::text, r - (%1$s)
            from (%2$s) as panel
            inner join
                risk.toraniko_factor_returns(%3$L, %4$L, %5$L, %6$L, %7$L) as day
                using (date)
        $query$,
        explained, panel,
        p_panel, p_sectors, p_styles, p_winsor_factor, p_residualize_styles
    );
end
$body$;

comment on function risk.toraniko_residuals(
    text, text[], text[], double precision, boolean
) is
'Residual returns of a panel as toraniko.model leaves them.';
