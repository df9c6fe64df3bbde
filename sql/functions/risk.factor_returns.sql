-- risk.factor_returns(panel, styles, since, until, least_sector_names)
--     -> one row per trade_date
--
-- Cross-sectional factor returns of a panel: day by day weighted least squares of
-- returns on market, sectors (cap-weighted sum of zero) and styles.
--
-- panel: name of a relation with trade_date, sector, weight, cap, is_estimated,
--     estimation_return (winsorized), excess_return and one column per style; the
--     exposures, caps, weights and sectors of a row are those of the session before.
-- least_sector_names: a sector with fewer estimated names has no return that day,
--     and its names are left out of the estimation.
-- Returns: returns per day as fractions; errors are standard errors; r2 as in
--     risk.solve_cross_section; reason says why a day has no estimate.
-- Errors: 22023 where a panel's number is not finite.
--
-- Tested in: tests/sql/test_risk_regression.py

create or replace function risk.factor_returns(
    p_panel text,
    p_styles text[],
    p_since date default '-infinity',
    p_until date default 'infinity',
    p_least_sector_names integer default 2
)
returns table (
    trade_date date,
    n_names integer,
    market_return double precision,
    market_error double precision,
    sectors text[],
    sector_returns double precision[],
    sector_errors double precision[],
    sector_caps double precision[],
    style_returns double precision[],
    style_errors double precision[],
    style_vifs double precision[],
    r2 double precision,
    adjusted_r2 double precision,
    sectors_r2 double precision,
    adjusted_sectors_r2 double precision,
    reason text
)
language plpgsql
stable
parallel safe
set work_mem = '256MB'
as $body$
begin
    return query execute format(
        $query$
            select
                day.trade_date, solved.n, solved.market_return, solved.market_error,
                day.sectors, solved.sector_returns, solved.sector_errors, day.cap,
                solved.style_returns, solved.style_errors, solved.style_vifs,
                solved.r2, solved.adjusted_r2,
                solved.sectors_r2, solved.adjusted_sectors_r2, solved.reason
            from (
                select
                    moments.trade_date,
                    array_agg(sector order by sector) as sectors,
                    array_agg(cap order by sector) as cap,
                    array_agg(w order by sector) as w,
                    array_agg(n_names order by sector) as n_names,
                    array_agg(we order by sector) as we,
                    array_agg(wee order by sector) as wee,
                    array_agg(wr order by sector) as wr,
                    array_agg(wrr order by sector) as wrr,
                    %3$s
                from (%1$s) as moments
                where n_names >= %2$s
                group by moments.trade_date
            ) as day
            cross join lateral risk.solve_cross_section(
                cap, w, n_names, we, wee, wr, wrr, wx, wxx, wxe, wxr, %4$s
            ) as solved
            order by day.trade_date
        $query$,
        risk.cross_moments_query(p_panel, p_styles, p_since, p_until),
        p_least_sector_names,
        case
            when cardinality(p_styles) > 0
                then
                    'array_agg(wx order by sector) as wx, '
                    'array_agg(wxx order by sector) as wxx, '
                    'array_agg(wxe order by sector) as wxe, '
                    'array_agg(wxr order by sector) as wxr'
            else
                'null::double precision[] as wx, null::double precision[] as wxx, '
                'null::double precision[] as wxe, null::double precision[] as wxr'
        end,
        cardinality(p_styles)
    );
end
$body$;

comment on function risk.factor_returns(text, text[], date, date, integer) is
'Daily weighted least squares of a panel''s returns on market, sectors and styles.';
