-- ops.beats(close, source_id, load_id, old close, old source_id, old load_id)
--     -> boolean
--
-- Whether a delivered bar wins over the current one of the same day: it has a
-- close and the other has not; else its source has the lower priority number;
-- else was retrieved later; else it was loaded later.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.beats(
    new_close double precision, new_source_id smallint, new_load_id bigint,
    old_close double precision, old_source_id smallint, old_load_id bigint
)
returns boolean
language sql
stable
as $body$
    select (
        old_close is null, -n.priority, coalesce(n.retrieved_on, '-infinity'), new_load_id
    ) > (
        new_close is null, -o.priority, coalesce(o.retrieved_on, '-infinity'), old_load_id
    )
    from ref.data_source as n
    cross join ref.data_source as o
    where n.source_id = new_source_id and o.source_id = old_source_id
$body$;

comment on function ops.beats(
    double precision, smallint, bigint, double precision, smallint, bigint
) is 'Whether a delivered bar wins over the current one of the same day.';
