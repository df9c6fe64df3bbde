-- The id and the basis of a data source; registers it the first time. A known
-- source keeps its basis; on that basis, its retrieval date moves forward.
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

on conflict (name) do update set
    retrieved_on = case
        when
            known.split_basis = excluded.split_basis
            and known.dividend_basis = excluded.dividend_basis
            then greatest(known.retrieved_on, excluded.retrieved_on)
        else known.retrieved_on
    end,
    priority = case
        when
            known.split_basis = excluded.split_basis
            and known.dividend_basis = excluded.dividend_basis
            then coalesce(%(priority)s::integer, known.priority)
        else known.priority
    end

returning source_id, split_basis, dividend_basis
