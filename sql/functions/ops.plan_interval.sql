-- ops.plan_interval(model, inputs, columns, versions, since, until, history_from,
--     chunk_sessions)
--     -> table (since, until, columns, is_revision)
--
-- What a dated model has to build: ranges of sessions that the ledger lacks,
-- holds at another version, or knows to be dirty. `columns` is null where all
-- columns are stale (the rows are rebuilt) and names the stale ones where the
-- others stand (they are updated). The calendar runs from the first bar, or
-- from history_from, to the last bar. First takes new changes of the model's
-- inputs into account: dates from the earliest one on become dirty. Empty
-- when there is nothing to do, or no bar yet. With chunk_sessions no range is
-- longer than so many sessions: a model whose dates do not depend on each other
-- sorts less at a time.
--
-- Tested in: tests/sql/test_ledger.py

create or replace function ops.plan_interval(
    p_model text,
    p_inputs text[],
    p_columns text[],
    p_versions text[],
    p_since date default '-infinity',
    p_until date default 'infinity',
    p_history_from date default null,
    p_chunk_sessions integer default null
)
returns table (since date, until date, columns text[], is_revision boolean)
language plpgsql
volatile
as $body$
declare
    seen bigint := (
        select change_id from ops.model_cursor where model_cursor.model = p_model
    );
    newest bigint := (select coalesce(max(change_id), 0) from ops.change);
begin
    update ops.interval as i set is_dirty = true, dirty_load_id = c.load_id
    from (
        select min(from_date) as from_date, max(load_id) as load_id from ops.change
        where input = any(p_inputs) and change_id > coalesce(seen, newest)
    ) as c
    where i.model = p_model and i.trade_date >= c.from_date;

    insert into ops.model_cursor (model, version, change_id) values (p_model, '', newest)
    on conflict (model) do update set change_id = excluded.change_id, moved_at = clock_timestamp();

    return query
    with span as (
        select s.session_date, s.session_no
        from ref.session as s
        inner join ops.bar_span as b
            on s.session_date between least(b.first_date, p_history_from) and b.last_date
        where s.session_date between p_since and p_until
    ),
    wanted as (
        select w.column_name, w.column_version
        from unnest(p_columns, p_versions) as w (column_name, column_version)
    ),
    built as (
        select
            i.trade_date,
            count(*) as n_fresh,
            bool_or(i.is_dirty) as is_dirty,
            array_agg(i.column_name order by i.column_name) as fresh
        from ops.interval as i
        inner join wanted as w
            on i.column_name = w.column_name and i.column_version = w.column_version
        where i.model = p_model
        group by i.trade_date
    ),
    stale as (
        select
            s.session_date, s.session_no, coalesce(b.is_dirty, false) as is_dirty,
            case
                when b.n_fresh > 0 and not b.is_dirty then array(
                    select w.column_name from wanted as w
                    where w.column_name <> all(b.fresh) order by w.column_name
                )
            end as stale_columns
        from span as s
        left join built as b on s.session_date = b.trade_date
        where b.n_fresh is distinct from cardinality(p_columns) or b.is_dirty
    ),
    islands as (
        select
            *, session_no - row_number() over (
                partition by stale_columns, is_dirty order by session_no
            ) as island,
            coalesce(session_no / p_chunk_sessions, 0) as chunk
        from stale
    )
    select min(i.session_date), max(i.session_date), i.stale_columns, i.is_dirty
    from islands as i
    group by i.stale_columns, i.is_dirty, i.island, i.chunk
    order by 1;
end
$body$;

comment on function ops.plan_interval(
    text, text[], text[], text[], date, date, date, integer
) is
'Ranges of sessions that a dated model has to build, from the interval ledger.';
