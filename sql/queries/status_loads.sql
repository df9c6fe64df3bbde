-- The newest loads by dataset.
-- Parameters: max_rows
select
    source,
    dataset,
    count(*) filter (where status = 'done') as loads,
    count(*) filter (where status = 'failed') as failed,
    sum(rows_landed)::bigint as rows_landed,
    sum(rows_rejected)::bigint as rows_rejected,
    max(finished_at)::timestamp(0) as last_finished_at,
    max(error) as error

from raw.load

group by source, dataset

order by max(load_id) desc

limit %(max_rows)s
