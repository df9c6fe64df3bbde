-- risk.attribution_french(factors, from, to) -> one row per period_date
--
-- Daily returns of the Fama-French factors asked for, with their bill rate and the
-- market, as fractions. Each name is taken from the one landed daily file of factors
-- that holds most of the names asked for and fewest besides (SMB differs between the
-- files of three and of five factors), as landed last. Days on which one is missing
-- are left out.
--
-- returns: in the order asked for. market_return: Mkt-RF.
-- Errors: 55000 where no daily factors were landed; 22023 for a name that they do
--     not hold, with those they do, for a name given twice, and for no name.
--
-- Source: Kenneth R. French, Data Library.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_french(
    p_factors text[], p_from date, p_to date
)
returns table (
    period_date date,
    returns double precision[],
    market_return double precision,
    risk_free_return double precision
)
language plpgsql
stable
parallel safe
as $body$
declare
    wanted text[] := p_factors || array['Mkt-RF', 'RF'];
    held text[];
    files text[];
begin
    if coalesce(cardinality(p_factors), 0) = 0
        or cardinality(p_factors) <> (
            select count(distinct f) from unnest(p_factors) as u (f)
        )
    then
        raise exception using errcode = '22023', message = format(
            'name each Fama-French factor once: %s',
            coalesce(array_to_string(p_factors, ', ', 'null'), 'null'));
    end if;
    select array_agg(ranked.portfolio), array_agg(ranked.dataset)
    into held, files
    from (
        select distinct on (f.portfolio) f.portfolio, f.dataset
        from (
            select distinct
                b.portfolio, b.dataset,
                count(*) filter (where b.portfolio = any(wanted)) over d as n_wanted,
                count(*) over d as n_held
            from (
                select distinct french.dataset, french.portfolio
                from raw.french_return as french
                where french.frequency = 'daily' and french.section = 'Factors'
            ) as b
            window d as (partition by b.dataset)
        ) as f
        order by f.portfolio, f.n_wanted desc, f.n_held, f.dataset collate "C"
    ) as ranked;
    if held is null then
        raise exception using errcode = '55000', message =
            'no Fama-French returns have been loaded: factorium ingest french';
    elsif not wanted <@ held then
        raise exception using errcode = '22023', message = format(
            'no daily Fama-French factor is named %s; there are %s',
            (
                select string_agg(f, ', ') from unnest(wanted) as u (f)
                where f <> all(held)
            ),
            array_to_string(held, ', '));
    end if;
    return query
    with chosen as (
        select distinct on (french.portfolio, french.period_date)
            french.portfolio, french.period_date, french.value_pct / 100 as value
        from unnest(held, files) as file (portfolio, dataset)
        inner join raw.french_return as french
            on file.dataset = french.dataset and file.portfolio = french.portfolio
        where file.portfolio = any(wanted)
            and french.period_date between p_from and p_to
            and french.frequency = 'daily'
            and french.section = 'Factors'
        order by french.portfolio, french.period_date, french.load_id desc
    )
    select
        c.period_date,
        array_agg(c.value order by array_position(p_factors, c.portfolio))
            filter (where c.portfolio = any(p_factors)),
        max(c.value) filter (where c.portfolio = 'Mkt-RF'),
        max(c.value) filter (where c.portfolio = 'RF')
    from chosen as c
    where c.value is not null
    group by c.period_date
    having count(*) = (select count(distinct f) from unnest(wanted) as u (f));
end
$body$;

comment on function risk.attribution_french(text[], date, date) is
'Daily Fama-French factor returns as vectors, with the bill rate.';
