-- The newest builds.
-- Parameters: max_rows
select
    build_id,
    status,
    started_at::timestamp(0) as started_at,
    round(extract(epoch from finished_at - started_at), 1) as seconds,
    dates_built,
    left(error, 120) as error

from ops.build

order by build_id desc

limit %(max_rows)s
