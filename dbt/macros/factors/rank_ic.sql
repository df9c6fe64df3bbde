{#
    rank_ic() -> one select: how each factor's ranks foretold the returns of the
    holdings that ended from since() to until().

    A name counts where it has the value and could be bought, so which names do is
    the same at every horizon, and factors that have values of the same names share
    the ranks of their returns: those are sorted once for all of them. A cross-section
    is a signal in a universe, by number: sorts and joins are on integers.

    holding: the holdings that ended within the dates; wanted: their signals, and those
    one holding earlier, for the turnover.
    member: the names that could be bought, by cross-section, with what they returned
    and a digest each, of which `names` below adds up those of a factor.
    ranked: each name's place by the factor, ties sharing the mean rank; `low` is the
    number of names below it.
    placed: the names' places by return, for one factor of those with the same names.
    scored: rank correlations and the returns of the tenths. The best tenth is above
    the 90 % point, the worst not above the 10 % point, points interpolated as NumPy
    does: that is `low > 9 * (n - 1) / 10` and `low <= (n - 1) / 10`, on integers.
    best: the names of the best tenth. stayed: how many of them were in it one holding
    earlier. renewed: the part of the best tenth that was not in it one holding earlier.
#}
{% macro rank_ic() %}
{% set horizons = [1, 5, 21] %}
with

holding as materialized (

    select distinct signal_no, horizon_days, signal_date, trade_date
    from {{ ref('int_forward_returns') }}
    where trade_date between {{ since() }} and {{ until() }}

),

wanted as materialized (

    select distinct holding.signal_no - earlier.steps as signal_no
    from holding
    cross join (values (0){% for days in horizons %}, ({{ holding_steps(days) }}){% endfor %})
        as earlier (steps)

),

bought as materialized (

    select
        forward.signal_no,
        forward.signal_date,
        forward.security_id
        {%- for days in horizons %},
        max(forward.forward_return) filter (
            where forward.horizon_days = {{ days }}
            and forward.trade_date between {{ since() }} and {{ until() }}
        ) as return_{{ days }}
        {%- endfor %}
    from {{ ref('int_forward_returns') }} as forward
    where forward.signal_no in (select signal_no from wanted)
    group by forward.signal_no, forward.signal_date, forward.security_id

),

universe as materialized (

    select
        universe,
        row_number() over (order by universe)::integer as universe_no,
        count(*) over ()::integer as n_universes
    from (
        select 'all' as universe
        union
        select universe from {{ ref('fct_universe_members') }}
    ) as named

),

earlier as materialized (

    select distinct step.steps, step.steps * universe.n_universes as cross_sections
    from universe
    cross join (values {% for days in horizons %}({{ holding_steps(days) }}){{ ', ' if not loop.last }}{% endfor %})
        as step (steps)

),

member as materialized (

    select
        bought.*,
        universe.universe,
        bought.signal_no * universe.n_universes + universe.universe_no as cross_section,
        hashint4extended(
            bought.security_id, bought.signal_no * universe.n_universes + universe.universe_no
        ) as digest
    from bought
    cross join universe
    where
        universe.universe = 'all'
        or exists (
            select from {{ ref('fct_universe_members') }} as spell
            where
                spell.universe = universe.universe
                and spell.security_id = bought.security_id
                and bought.signal_date >= spell.valid_from
                and (spell.valid_to is null or bought.signal_date < spell.valid_to)
        )

),

long as (

    {{ long_factors('wide.trade_date = any(array(select distinct bought.signal_date from bought))') }}

),

ranked as materialized (

    select
        member.cross_section,
        long.factor_no,
        long.security_id,
        count(*) over whole as n,
        bit_xor(member.digest) over whole as names,
        rank() over by_value - 1 as low,
        (rank() over by_value + count(*) over by_value)::double precision / 2 as place
    from member
    inner join long
        on member.signal_date = long.trade_date and member.security_id = long.security_id
    window
        whole as (partition by member.cross_section, long.factor_no),
        by_value as (whole order by long.signed)

),

example as materialized (

    select names, cross_section, min(factor_no) as factor_no
    from ranked
    where n >= 20
    group by names, cross_section

),

placed as (

    select
        ranked.names,
        ranked.security_id
        {%- for days in horizons %},
        member.return_{{ days }},
        (rank() over by_return_{{ days }} + count(*) over by_return_{{ days }})::double precision / 2
            as place_{{ days }}
        {%- endfor %}
    from ranked
    inner join example
        on
            ranked.cross_section = example.cross_section
            and ranked.factor_no = example.factor_no
    inner join member
        on
            ranked.cross_section = member.cross_section
            and ranked.security_id = member.security_id
    window
        names as (partition by ranked.names)
        {%- for days in horizons %},
        by_return_{{ days }} as (names order by member.return_{{ days }})
        {%- endfor %}

),

scored as (

    select
        ranked.cross_section,
        ranked.factor_no,
        count(*) as n_names
        {%- for days in horizons %},
        corr(ranked.place, placed.place_{{ days }})
            filter (where placed.return_{{ days }} is not null) as ic_{{ days }},
        avg(placed.return_{{ days }}) filter (where low > 9 * (n - 1) / 10) as best_{{ days }},
        avg(placed.return_{{ days }}) filter (where low <= (n - 1) / 10) as worst_{{ days }}
        {%- endfor %}
    from ranked
    inner join placed
        on ranked.names = placed.names and ranked.security_id = placed.security_id
    group by ranked.cross_section, ranked.factor_no

),

best as materialized (

    select cross_section, factor_no, security_id
    from ranked
    where n >= 20 and low > 9 * (n - 1) / 10

),

best_size as materialized (

    select
        best.cross_section,
        best.factor_no,
        earlier.steps,
        best.cross_section - earlier.cross_sections as earlier_section,
        count(*) as n_best
    from best
    cross join earlier
    group by best.cross_section, best.factor_no, earlier.steps, earlier.cross_sections

),

best_then as materialized (

    select
        best.cross_section + earlier.cross_sections as cross_section,
        best.factor_no,
        earlier.steps,
        best.security_id
    from best
    cross join earlier

),

stayed as (

    select best.cross_section, best.factor_no, best_then.steps, count(*) as n_stayed
    from best
    inner join best_then
        on
            best.cross_section = best_then.cross_section
            and best.factor_no = best_then.factor_no
            and best.security_id = best_then.security_id
    group by best.cross_section, best.factor_no, best_then.steps

),

renewed as (

    select
        today.cross_section,
        today.factor_no,
        today.steps,
        1 - coalesce(stayed.n_stayed, 0)::double precision / today.n_best as turnover
    from best_size as today
    inner join best_size as before
        on
            today.earlier_section = before.cross_section
            and today.factor_no = before.factor_no
            and today.steps = before.steps
    left join stayed
        on
            today.cross_section = stayed.cross_section
            and today.factor_no = stayed.factor_no
            and today.steps = stayed.steps

),

held as materialized (

    select distinct
        member.cross_section,
        member.universe,
        holding.horizon_days,
        holding.signal_date,
        holding.trade_date
    from member
    inner join holding
        on member.signal_no = holding.signal_no

),

final as (

    select
        factor.factor_id,
        held.universe,
        held.horizon_days,
        held.trade_date,
        held.signal_date,
        scored.n_names::integer as n_names,
        outcome.ic,
        outcome.best as best_return,
        outcome.worst as worst_return,
        renewed.turnover
    from scored
    cross join lateral (values
        {%- for days in horizons %}
        ({{ days }}, {{ holding_steps(days) }}, ic_{{ days }}, best_{{ days }}, worst_{{ days }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as outcome (horizon_days, steps, ic, best, worst)
    inner join held
        on
            scored.cross_section = held.cross_section
            and outcome.horizon_days = held.horizon_days
    inner join ({{ factor_numbers() }}) as factor (factor_no, factor_id)
        on scored.factor_no = factor.factor_no
    left join renewed
        on
            scored.cross_section = renewed.cross_section
            and scored.factor_no = renewed.factor_no
            and outcome.steps = renewed.steps

)

select * from final
{% endmacro %}
