-- When each dataset last landed.
-- Parameters: none
select
    source,
    dataset,
    last_finished_at,
    n_loads::bigint as n_loads,
    rows_landed::bigint as rows_landed,
    rows_rejected::bigint as rows_rejected

from marts.fct_freshness

order by source, dataset
