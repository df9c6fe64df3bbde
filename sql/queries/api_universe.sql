-- One universe, or no row.
-- Parameters: universe
select universe
from marts.dim_universe
where universe = %(universe)s
