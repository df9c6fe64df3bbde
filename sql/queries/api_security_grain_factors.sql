-- Every factor that securities have, as opposed to macro factors.
-- Parameters: none
select factor_id
from marts.dim_factor
where kind <> 'macro'
order by factor_id
