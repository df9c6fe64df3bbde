-- ts.refresh_table(rollup_name, since, until) -> integer
--
-- Recomputes the marked buckets of a rollup that lie within [since, until),
-- times in the rollup's own time zone, null for no bound. Returns how many.
-- Buckets that begin before the horizon of their source stay as they are.
-- Neighbouring buckets are one range, deleted and inserted by literal times.
--
-- A mark is taken before its bucket is read, and writers only add marks: a
-- change that commits in between is recomputed once more, never lost. Two
-- refreshes of one rollup wait for each other.
--
-- On plain PostgreSQL only. Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.refresh_table(
    rollup_name text,
    since timestamp,
    until timestamp
)
returns integer
language plpgsql
volatile
as $body$
declare
    rollup ts.rollup := (select r from ts.rollup as r where r.name = rollup_name);
    buckets timestamp[];
    island record;
begin
    perform pg_advisory_xact_lock(hashtext('factorium.refresh'), hashtext(rollup_name));
    with taken as (
        delete from ts.dirty_bucket as d
        where d.rollup = rollup_name
            and d.bucket_start >= coalesce(since, '-infinity')
            and d.bucket_start + rollup.bucket <= coalesce(until, 'infinity')
        returning d.bucket_start
    )
    select array_agg(distinct t.bucket_start) into buckets
    from taken as t
    where t.bucket_start >= coalesce(ts.rollup_horizon(rollup_name), '-infinity');

    for island in
        select min(b.start) as since, max(b.start) + rollup.bucket as until
        from (
            select
                u.start,
                u.start - rollup.bucket * row_number() over (order by u.start) as anchor
            from unnest(buckets) as u (start)
        ) as b
        group by b.anchor
    loop
        execute format('delete from ts.%I where ', rollup_name)
            || ts.within(rollup, 'bucket_start', island.since, island.until);
        execute format('insert into ts.%I ', rollup_name) || ts.rollup_select(
            rollup, ts.within(rollup, rollup.time_column, island.since, island.until)
        );
    end loop;
    return coalesce(cardinality(buckets), 0);
end
$body$;

comment on function ts.refresh_table(text, timestamp, timestamp) is
'Recomputes the marked buckets of a rollup; returns how many.';

grant execute on function ts.refresh_table(text, timestamp, timestamp)
to factorium_transform;
