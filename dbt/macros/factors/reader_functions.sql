{#
    The functions readers call, written anew from the registry with each run.
    String bodies: they read dbt relations.
#}

{#
    marts.factors_of(security, from, to): security first, one unpivot per family.
    Security definer, because readers may read marts only; it writes nothing.
#}
{% macro define_factors_of() %}
create or replace function marts.factors_of(p_security_id integer, p_from date, p_to date)
returns table (
    security_id integer, trade_date date, factor_id text, value double precision,
    zscore double precision, score double precision, sector_score double precision
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $body$
{% for family in var('families') %}
    select
        w.security_id, w.trade_date, f.factor_id, f.value, f.zscore, f.score, f.sector_score
    from {{ ref('rnk_' ~ family) }} as w
    cross join lateral (values
        {% for factor in factor_columns(family) %}
        (
            '{{ factor.name }}', w.{{ factor.name }}, w.{{ factor.name }}__zscore,
            w.{{ factor.name }}__score, w.{{ factor.name }}__sector_score
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as f (factor_id, value, zscore, score, sector_score)
    where w.security_id = p_security_id
    and w.trade_date between p_from and p_to
    and f.value is not null
    {{ 'union all' if not loop.last }}
{% endfor %}
$body$;
comment on function marts.factors_of(integer, date, date) is
'All factors of one security from one date to another, in long form.';
{% endmacro %}

{# marts.scores_in(universe, date, factor): scores within another universe. #}
{% macro define_scores_in() %}
create or replace function marts.scores_in(
    p_universe text, p_date date, p_factor_id text default null
)
returns table (
    security_id integer, trade_date date, factor_id text, value double precision,
    zscore double precision, score double precision, sector_score double precision
)
language sql
stable
parallel safe
as $body$
    with member as (
        select m.security_id from marts.fct_universe_members as m
        where m.universe = p_universe
        and p_date >= m.valid_from and (m.valid_to is null or p_date < m.valid_to)
    ),
    long as (
        select v.security_id, v.factor_id, v.value, d.sign, s.sector
        from marts.fct_factor_values as v
        inner join member on v.security_id = member.security_id
        inner join marts.dim_factor as d on v.factor_id = d.factor_id
        left join marts.dim_security as s on v.security_id = s.security_id
        where v.trade_date = p_date
        and (p_factor_id is null or v.factor_id = p_factor_id)
    ),
    placed as (
        select
            l.*,
            row_number() over (c) as place,
            rank() over (c) as lowest,
            count(*) over (c range between current row and current row) as peers,
            count(*) over (partition by l.factor_id) as n,
            rank() over (i) as sector_lowest,
            count(*) over (i range between current row and current row) as sector_peers,
            count(*) over (partition by l.factor_id, l.sector) as sector_n
        from long as l
        window
            c as (partition by l.factor_id order by l.value),
            i as (partition by l.factor_id, l.sector order by l.value)
    ),
    bounds as (
        select
            p.factor_id,
            fac.between_order_statistics(
                max(p.value) filter (where p.place = (p.n - 1) / 100 + 1),
                max(p.value) filter (where p.place = least((p.n - 1) / 100 + 2, p.n)),
                ((max(p.n) - 1) % 100)::double precision / 100
            ) as low,
            fac.between_order_statistics(
                max(p.value) filter (where p.place = 99 * (p.n - 1) / 100 + 1),
                max(p.value) filter (where p.place = least(99 * (p.n - 1) / 100 + 2, p.n)),
                (99 * (max(p.n) - 1) % 100)::double precision / 100
            ) as high
        from placed as p group by p.factor_id
    ),
    clamped as (
        select p.*, least(greatest(p.value, b.low), b.high) as winsorized
        from placed as p inner join bounds as b on p.factor_id = b.factor_id
    ),
    moments as (
        select c.factor_id, avg(c.winsorized) as mean, stddev_samp(c.winsorized) as deviation
        from clamped as c group by c.factor_id
    )
    select
        c.security_id, p_date, c.factor_id, c.value,
        case
            when c.n >= 20 and m.deviation > 1e-12 * abs(m.mean)
                then (c.winsorized - m.mean) / m.deviation
        end,
        fac.score(c.lowest - 1 + c.peers, c.n + 1 - c.lowest, c.n, c.sign, 20),
        case
            when c.sector is not null
                then fac.score(
                    c.sector_lowest - 1 + c.sector_peers, c.sector_n + 1 - c.sector_lowest,
                    c.sector_n, c.sign, 5
                )
        end
    from clamped as c inner join moments as m on c.factor_id = m.factor_id
$body$;
comment on function marts.scores_in(text, date, text) is
'Values of one day with z-scores and scores recomputed within a universe.';
{% endmacro %}

{# marts.values_as_of(factor, date, as_of): what would have been answered then. #}
{% macro define_values_as_of() %}
create or replace function marts.values_as_of(
    p_factor_id text, p_date date, p_as_of timestamptz
)
returns table (security_id integer, value double precision)
language sql
stable
parallel safe
as $body$
    with published as (
        select p.first_built_at from marts.fct_published as p
        where p.factor_id = p_factor_id and p.trade_date = p_date
        and p.first_built_at <= p_as_of
    ),
    superseded as (
        select distinct on (r.security_id) r.security_id, r.old_value
        from marts.fct_factor_revisions as r
        where r.factor_id = p_factor_id and r.trade_date = p_date
        and r.superseded_at > p_as_of
        order by r.security_id, r.superseded_at
    )
    select s.security_id, s.old_value from superseded as s
    where s.old_value is not null and exists (select from published)
    union all
    select v.security_id, v.value from marts.fct_factor_values as v
    where v.factor_id = p_factor_id and v.trade_date = p_date
    and exists (select from published)
    and not exists (select from superseded as s where s.security_id = v.security_id)
$body$;
comment on function marts.values_as_of(text, date, timestamptz) is
'Values of a factor on a date as they would have been answered at an earlier time.';
{% endmacro %}
