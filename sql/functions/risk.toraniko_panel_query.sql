-- risk.toraniko_panel_query(panel, sectors, styles, winsor_factor) -> text
--
-- A query for a panel as toraniko's regression takes it: date, symbol, the weight w
-- (root of market_cap), the return r, winsorized by date where winsor_factor is not
-- null, and the scores z2, z3, ...: the sectors, then the styles, each sorted by
-- name. (z1 is the market, 1 for all.)
--
-- Errors: 22023 without sectors, for a winsor_factor outside of 0 to 1, and where
-- the panel has a null, a number that is not finite or a negative market_cap, with
-- the date and symbol of the first such row.
-- Source: toraniko 1.1, toraniko.math.winsorize.
--
-- Tested in: tests/oracles/test_toraniko.py

create or replace function risk.toraniko_panel_query(
    p_panel text,
    p_sectors text[],
    p_styles text[],
    p_winsor_factor double precision
)
returns text
language plpgsql
stable
parallel restricted
as $body$
declare
    names constant text[] :=
        array(select s from unnest(p_sectors) as s order by s collate "C")
        || array(select s from unnest(p_styles) as s order by s collate "C");
    scores text := '';
    finite text := '';
    wrong record;
begin
    if coalesce(cardinality(p_sectors), 0) = 0 then
        raise exception using
            errcode = '22023', message = 'risk.toraniko: there are no sectors';
    elsif not coalesce(p_winsor_factor, 0) between 0 and 1 then
        raise exception using errcode = '22023', message = format(
            'risk.toraniko: winsor_factor %s is not within 0 and 1', p_winsor_factor);
    end if;
    for i in 1..cardinality(names) loop
        scores := scores || format(
            ', p.%I::double precision as z%s', names[i], i + 1);
        finite := finite || format(
            ' and %1$I > ''-infinity'' and %1$I < ''infinity''', names[i]);
    end loop;
    execute format(
        $query$
            select date, symbol::text as symbol
            from %1$s
            where (
                num_nulls(date, symbol) = 0
                and asset_returns > '-infinity' and asset_returns < 'infinity'
                and market_cap >= 0 and market_cap < 'infinity'%2$s
            ) is not true
            order by date, symbol
            limit 1
        $query$,
        p_panel, finite
    ) into wrong;
    if wrong is not null then
        raise exception using errcode = '22023', message = format(
            'risk.toraniko: the row of %s on %s has a number that is null, not finite '
            'or, as market_cap, negative',
            coalesce(wrong.symbol, 'null'), coalesce(wrong.date::text, 'null'));
    end if;
    if p_winsor_factor is null then
        return format(
            $query$
                select
                    p.date, p.symbol, sqrt(p.market_cap::double precision) as w,
                    p.asset_returns::double precision as r%1$s
                from %2$s as p
            $query$,
            scores, p_panel
        );
    end if;
    return format(
        $query$
            select
                p.date, p.symbol, sqrt(p.market_cap::double precision) as w,
                least(
                    greatest(p.asset_returns::double precision, bounds.both[1]),
                    bounds.both[2]
                ) as r%1$s
            from %2$s as p
            inner join (
                select
                    date,
                    percentile_cont(array[%3$L, %4$L]::double precision[])
                        within group (order by asset_returns::double precision) as both
                from %2$s
                group by date
            ) as bounds using (date)
        $query$,
        scores, p_panel, p_winsor_factor, 1 - p_winsor_factor
    );
end
$body$;

comment on function risk.toraniko_panel_query(
    text, text[], text[], double precision
) is
'The query for a checked panel with winsorized returns, as toraniko regresses it.';
