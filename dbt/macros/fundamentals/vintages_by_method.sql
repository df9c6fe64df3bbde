{#
    vintages_by_method(amounts) -> CTEs ending in `chosen`: of amounts that several
    methods give for one period end (smaller method first), which one counted when.

    A method that is known once stays known, so a worse one counts only until the
    first vintage of any better one; within a method the vintage known last counts.
    A function of what was known at each moment, never of what came later.
#}
{% macro vintages_by_method(amounts) -%}
better as (

    select
        *,
        min(known_from) over (
            partition by company_id, source_id, item, period_end
            order by method
            range between unbounded preceding and 1 preceding
        ) as better_from,
        row_number() over (
            partition by company_id, source_id, item, period_end, method, known_from
            order by known_to desc, accession desc
        ) as tie

    from {{ amounts }}

),

sequenced as (

    select
        *,
        least(
            lead(known_from, 1, date 'infinity') over (
                partition by company_id, source_id, item, period_end, method
                order by known_from
            ),
            better_from
        ) as counts_to

    from better

    where tie = 1

),

chosen as (

    select
        company_id,
        source_id,
        item,
        kind,
        period_start,
        period_end,
        is_period_estimated,
        method,
        accession,
        currency,
        value,
        known_from,
        counts_to as known_to

    from sequenced

    where known_from < counts_to

)
{%- endmacro %}
