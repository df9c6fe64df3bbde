-- Splits and spin-offs that move a price without moving wealth: declared ones,
-- and those that the data betray where no table declares them.
-- Grain: one row per security, ex-date and kind.

with

declared as (

    select
        security_id,
        ex_date,
        kind,
        ratio,
        false as is_inferred,
        jsonb_build_object('load_id', load_id) as evidence

    from {{ ref('stg_actions__corporate') }}

    where kind in ('split', 'spinoff') and ratio > 0

),

inferred as (

    select * from {{ ref('int_price_events__inferred') }}

),

-- A declared event within half a year speaks for an inferred one like it.
undeclared as (

    select inferred.*
    from inferred
    where not exists (
        select
        from declared
        where
            declared.security_id = inferred.security_id
            and declared.kind = inferred.kind
            and abs(declared.ex_date - inferred.ex_date) <= 183
            and abs(ln(declared.ratio / inferred.ratio)) < 0.1
    )

)

select
    security_id,
    ex_date,
    kind,
    ratio,
    is_inferred,
    evidence
from declared
union all
select
    security_id,
    ex_date,
    kind,
    ratio,
    true,
    evidence
from undeclared
