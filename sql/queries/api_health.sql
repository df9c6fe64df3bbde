-- The latest finished build, and the latest day it holds; one row always.
-- Parameters: none
with

days as (

    select max(trade_date) as latest_date
    from marts.fct_coverage

),

builds as (

    select
        build_id::bigint as build_id,
        finished_at

    from marts.fct_builds

    where status = 'done'

    order by build_id desc

    limit 1

)

select
    builds.build_id,
    builds.finished_at,
    days.latest_date

from days

left join builds
    on true
