-- The id and the basis of a data source; registers it the first time. A known
-- source keeps its basis, which the caller compares; its retrieval date moves
-- forward and its priority stays unless one is given.
-- Parameters: name, split_basis, dividend_basis, retrieved_on, priority
insert into ref.data_source as known (
    name,
    split_basis,
    dividend_basis,
    retrieved_on,
    priority
)

values (
    %(name)s,
    %(split_basis)s,
    %(dividend_basis)s,
    %(retrieved_on)s,
    coalesce(%(priority)s::integer, 100)
)

on conflict (name) do update
    set
        retrieved_on = greatest(known.retrieved_on, excluded.retrieved_on),
        priority = coalesce(%(priority)s::integer, known.priority)

returning source_id, split_basis, dividend_basis
