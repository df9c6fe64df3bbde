-- The universes, with how many members they have now.
-- Parameters: none
select
    universe,
    description,
    size::integer as size,
    n_members::integer as n_members,
    last_valid_from

from marts.dim_universe

order by universe
