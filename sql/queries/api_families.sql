-- The families of factors.
-- Parameters: none
select family
from marts.dim_factor
group by family
order by family
