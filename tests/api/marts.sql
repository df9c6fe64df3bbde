-- A small market in `marts`, in the shape that dbt builds, for tests of the API.
-- Run as factorium_transform. Settings: market.names, market.days.
--
-- 6 families × 10 factors; security 1 is ticker S0001, and so on. Every 50th
-- security is delisted half-way. Every 20th value is missing, scores have ties,
-- and value_02 has a NaN (security 7) and an infinity (security 8) that no
-- build would let through. The newest session has no values of value_03.

create table marts.dim_security as
select
    n as security_id,
    'S' || lpad(n::text, 4, '0') || case when n % 40 = 0 then '-B' else '' end as ticker,
    'Company ' || n || case when n % 30 = 0 then ' 100% "Söhne", Inc.' else '' end as name,
    (1000000 + n) as cik,
    n as company_id,
    case when n % 40 = 0 then 'B' end as share_class,
    (array['Energy', 'Industrials', 'Health Care', 'Utilities'])[1 + n % 4] as sector,
    null::text as industry,
    date '2015-01-02' as listed_on,
    null::date as delisted_on,
    true as is_active
from generate_series(1, current_setting('market.names')::integer) as n;
create unique index on marts.dim_security (security_id);
create index on marts.dim_security (ticker);

create table ranks.market_day as
select
    session_date as trade_date,
    row_number() over (order by session_date)::integer as day_no
from (
    select session_date
    from ref.session
    where session_date <= date '2024-06-28'
    order by session_date desc
    limit current_setting('market.days')::integer
) as sessions;

update marts.dim_security
set delisted_on = half.trade_date, is_active = false
from ranks.market_day as half
where
    security_id % 50 = 0
    and half.day_no = current_setting('market.days')::integer / 2;

create table marts.dim_factor as
select
    family || '_' || lpad(n::text, 2, '0') as factor_id,
    family,
    case when family in ('value', 'profitability', 'growth')
        then 'fundamental' else 'technical' end as kind,
    case when n % 3 = 0 then -1 else 1 end as sign,
    'ratio' as unit,
    'Factor ' || n || ' of ' || family || '.' as description,
    'numerator / denominator' as formula,
    'Fama and French (1992)' as source,
    array['book_equity', 'market_equity'] as inputs,
    'months' as horizon,
    'point_in_time' as pit_grade,
    true as is_ranked
from unnest(
    array['value', 'profitability', 'growth', 'momentum', 'volatility', 'liquidity']
) as family
cross join generate_series(1, 10) as n
union all
select
    series, 'rates', 'macro', 0, 'percent', 'A macro series.', 'level', 'FRED',
    array['DGS10'], 'months', 'lagged_latest', false
from unnest(array['term_spread', 'credit_spread']) as series;

-- One wide relation per family, as the ranks layer has it, and the long view over them.
do $$
declare
    one_family text;
    columns text;
    branches text := '';
    laterals text;
    per_family text := '';
begin
    for one_family in
        select distinct family from marts.dim_factor where is_ranked order by family
    loop
        select
            string_agg(
                format(
                    'case when (security_id + %2$s) %% 20 > 0 then x%2$s end as %1$s, '
                    'case when (security_id + %2$s) %% 20 > 0 then (x%2$s - 0.5) * 3.46 end as %1$s_zscore, '
                    'case when (security_id + %2$s) %% 20 > 0 then floor(x%2$s * 1000) / 10 end as %1$s_score, '
                    'case when (security_id + %2$s) %% 20 > 0 then 100 - x%2$s * 100 end as %1$s_sector_score',
                    factor_id, right(factor_id, 2)::integer
                ), ', '
            ),
            branches || string_agg(
                format(
                    ' union all select security_id, trade_date, %1$L::text, %1$I, %1$I_zscore, '
                    '%1$I_score, %1$I_sector_score from ranks.%2$I where %1$I is not null',
                    factor_id, 'rnk_' || family
                ), ''
            ),
            string_agg(
                format('(%1$L::text, %1$I, %1$I_zscore, %1$I_score, %1$I_sector_score)', factor_id),
                ', '
            )
        into columns, branches, laterals
        from marts.dim_factor where family = one_family;

        execute format(
            'create table ranks.%I as select security_id, trade_date, %s '
            'from marts.dim_security cross join ranks.market_day '
            'cross join lateral (select %s) as noise '
            'where delisted_on is null or trade_date <= delisted_on '
            'order by trade_date, security_id',
            'rnk_' || one_family, columns,
            (
                select string_agg(
                    format(
                        'abs(sin(security_id * 12.9898 + %s * 78.233 + day_no * 3.7)) as x%s',
                        ascii(one_family) + n, n
                    ), ', '
                )
                from generate_series(1, 10) as n
            )
        );
        execute format('alter table ranks.%I add primary key (trade_date, security_id)', 'rnk_' || one_family);
        execute format('create index on ranks.%I (security_id, trade_date)', 'rnk_' || one_family);
        execute format('analyze ranks.%I', 'rnk_' || one_family);
        per_family := per_family || format(
            ' union all select security_id, trade_date, f.* from ranks.%I cross join lateral (values %s) '
            'as f (factor_id, value, zscore, score, sector_score) '
            'where security_id = p_security_id and trade_date between p_from and p_to '
            'and f.value is not null',
            'rnk_' || one_family, laterals
        );
    end loop;

    execute 'create view marts.fct_factor_values (security_id, trade_date, factor_id, value, '
        'zscore, score, sector_score) as ' || substr(branches, length(' union all ') + 1);
    execute format(
        'create function marts.factors_of(p_security_id integer, p_from date, p_to date) '
        'returns table (security_id integer, trade_date date, factor_id text, value float8, '
        'zscore float8, score float8, sector_score float8) '
        'language sql stable parallel safe security definer '
        'set plan_cache_mode = force_custom_plan as $body$ %s $body$',
        substr(per_family, length(' union all ') + 1)
    );
end $$;

update ranks.rnk_value set value_02 = 'NaN' where security_id = 7;
update ranks.rnk_value set value_02 = 'Infinity' where security_id = 8;
update ranks.rnk_value set value_03 = null, value_03_zscore = null, value_03_score = null,
    value_03_sector_score = null
where trade_date = (select max(trade_date) from ranks.market_day);
analyze ranks.rnk_value;

create table marts.fct_coverage as
select
    factors.factor_id,
    days.trade_date,
    eligible.n_eligible,
    coalesce(counted.n_values, 0) as n_values,
    coalesce(counted.n_values, 0)::float8 / eligible.n_eligible as coverage
from marts.dim_factor as factors
cross join ranks.market_day as days
cross join lateral (
    select count(*)::integer as n_eligible
    from ranks.rnk_value
    where trade_date = days.trade_date
) as eligible
left join (
    select factor_id, trade_date, count(*)::integer as n_values
    from marts.fct_factor_values
    group by factor_id, trade_date
) as counted
    on factors.factor_id = counted.factor_id and days.trade_date = counted.trade_date
where factors.is_ranked;
create unique index on marts.fct_coverage (factor_id, trade_date);
create index on marts.fct_coverage (trade_date);

create table marts.dim_universe as
select name as universe, description, size, null::integer as n_members, date '2015-01-02' as last_valid_from
from ref.universe;

create table marts.fct_universe_members as
select
    'sp500' as universe,
    security_id,
    date '2015-01-02' as valid_from,
    delisted_on as valid_to,
    false as is_backfilled
from marts.dim_security
where security_id % 3 = 0;

create function marts.scores_in(p_universe text, p_date date, p_factor_id text default null)
returns table (
    security_id integer, trade_date date, factor_id text, value float8, zscore float8,
    score float8, sector_score float8
)
language sql stable parallel safe as $$
    select
        v.security_id,
        v.trade_date,
        v.factor_id,
        v.value,
        v.zscore,
        100 * percent_rank() over (partition by v.factor_id order by v.value),
        100 * percent_rank() over (partition by v.factor_id, s.sector order by v.value)
    from marts.fct_factor_values as v
    inner join marts.fct_universe_members as m
        on
            v.security_id = m.security_id
            and m.universe = p_universe
            and p_date >= m.valid_from
            and (m.valid_to is null or p_date < m.valid_to)
    inner join marts.dim_security as s on v.security_id = s.security_id
    where v.trade_date = p_date and (p_factor_id is null or v.factor_id = p_factor_id)
$$;

create table marts.fct_factor_revisions (
    factor_id text, security_id integer, trade_date date, old_value float8, new_value float8,
    build_id bigint, load_id bigint, superseded_at timestamptz
);
insert into marts.fct_factor_revisions
select 'value_01', 2, trade_date, 0.125, value, 2, 1, timestamptz '2024-07-10 00:00+00'
from marts.fct_factor_values
where
    factor_id = 'value_01' and security_id = 2
    and trade_date = (select max(trade_date) from ranks.market_day);

-- Every day of the market is first published on 2024-07-01 12:00 UTC.
create function marts.values_as_of(p_factor_id text, p_date date, p_as_of timestamptz)
returns table (security_id integer, value float8)
language sql stable as $$
    select v.security_id, coalesce(r.old_value, v.value)
    from marts.fct_factor_values as v
    left join marts.fct_factor_revisions as r
        on
            v.factor_id = r.factor_id and v.security_id = r.security_id
            and v.trade_date = r.trade_date and r.superseded_at > p_as_of
    where
        v.factor_id = p_factor_id and v.trade_date = p_date
        and p_as_of >= timestamptz '2024-07-01 12:00+00'
$$;

create table marts.fct_macro_factors as
select
    d.trade_date,
    f.factor_id,
    2 + sin(d.day_no) as value,
    sin(d.day_no) as zscore,
    f.pit_grade
from ranks.market_day as d
cross join marts.dim_factor as f
where f.kind = 'macro';

create table marts.fct_factor_performance as
select
    factor_id, universe, horizon_days, 250 as n_periods, 0.02 as mean_ic, 0.1::float8 as ic_std,
    2.5::float8 as ic_tstat_nw, 0.004::float8 as decile_spread, 0.3::float8 as turnover
from marts.dim_factor
cross join unnest(array['all', 'sp500']) as universe
cross join unnest(array[1, 5, 21]) as horizon_days
where is_ranked;

create table marts.fct_freshness as
select
    'edgar' as source, dataset, timestamptz '2024-07-01 12:00+00' as last_finished_at,
    12::bigint as n_loads, 4321::bigint as rows_landed, 3::bigint as rows_rejected
from unnest(array['company_fact', 'filing']) as dataset;

create table marts.fct_builds (build_id bigint, finished_at timestamptz, status text);
insert into marts.fct_builds values
(1, '2024-06-30 12:00+00', 'done'), (2, '2024-07-01 12:00+00', 'done');

analyze;
