-- The latest build, whatever became of it: entity tags are made from it.
-- A failed build may have changed data, so it counts as well.
-- Parameters: none
select
    build_id::bigint as build_id,
    status::text as status

from marts.fct_builds

order by build_id desc

limit 1
