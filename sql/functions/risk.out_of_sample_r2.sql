-- risk.out_of_sample_r2(every, folds, from, to)
--     -> table (trade_date, n_names, r2, sectors_r2)
--
-- How much of the returns of names the factor returns explain that were estimated
-- without them, on every so-manieth session: names are dealt into folds by their
-- security_id, each fold's returns are held against the cross-section of the others,
-- estimated with weights of root cap. R2 is weighted and centred, of raw excess
-- returns of the estimation universe, and may be negative; sectors_r2 is that of market
-- and sectors estimated without styles.
-- Makes and drops temporary tables of its own.
-- Errors: 22023 for fewer than two folds.
--
-- Tested in: tests/risk/test_validation.py

create or replace function risk.out_of_sample_r2(
    p_every integer default 10,
    p_folds integer default 10,
    p_from date default null,
    p_to date default null
)
returns table (
    trade_date date,
    n_names integer,
    r2 double precision,
    sectors_r2 double precision
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $body$
declare
    style_ids text[] := array(
        select f.factor_id from marts.dim_risk_factor as f
        where f.factor_kind = 'style' order by f.place
    );
begin
    if p_folds < 2 then
        raise exception using errcode = '22023', message = format(
            'risk.out_of_sample_r2: %s folds; it takes two', p_folds);
    end if;
    create temporary table fold_panel on commit drop as
    select p.* from risk.rsk_panel as p
    where p.is_estimated and p.session_no % p_every = 0
    and p.trade_date between coalesce(p_from, '-infinity') and coalesce(p_to, 'infinity');
    create temporary table fold_error (
        trade_date date, weight float8, excess_return float8, error float8,
        plain_error float8
    ) on commit drop;

    for fold in 0..p_folds - 1 loop
        update pg_temp.fold_panel as p set is_estimated = p.security_id % p_folds <> fold
        where p.is_estimated <> (p.security_id % p_folds <> fold);
        insert into pg_temp.fold_error
        select
            p.trade_date,
            p.weight,
            p.excess_return,
            p.excess_return - f.market_return
            - coalesce(f.sector_returns[array_position(f.sectors, p.sector)], 0)
            - (
                select sum((own.styles ->> u.style)::float8 * coalesce(u.r, 0))
                from unnest(style_ids, f.style_returns) as u (style, r)
            ),
            p.excess_return - s.market_return
            - coalesce(s.sector_returns[array_position(s.sectors, p.sector)], 0)
        from risk.factor_returns('pg_temp.fold_panel', style_ids) as f
        inner join risk.factor_returns('pg_temp.fold_panel', array[]::text[]) as s
            on f.trade_date = s.trade_date
        inner join pg_temp.fold_panel as p on f.trade_date = p.trade_date
        cross join lateral (select to_jsonb(p) as styles) as own
        where f.reason is null and s.reason is null and not p.is_estimated;
    end loop;

    return query
    select
        e.trade_date,
        count(*)::integer,
        1 - sum(e.weight * e.error ^ 2) / total.squares,
        1 - sum(e.weight * e.plain_error ^ 2) / total.squares
    from pg_temp.fold_error as e
    inner join (
        select
            t.trade_date,
            sum(t.weight * t.excess_return ^ 2)
            - sum(t.weight * t.excess_return) ^ 2 / sum(t.weight) as squares
        from pg_temp.fold_error as t
        group by t.trade_date
    ) as total on e.trade_date = total.trade_date
    group by e.trade_date, total.squares
    order by e.trade_date;
    drop table pg_temp.fold_panel, pg_temp.fold_error;
end
$body$;

comment on function risk.out_of_sample_r2(integer, integer, date, date) is
'R2 of names under factor returns that were estimated without them.';
