-- ts.horizon(target) -> date
--
-- The first date from which on a time series is whole: what is older may have
-- been deleted by its retention. Null where nothing ever is: the answer is
-- then complete for any date. Counted in UTC.
--
-- Runs as its owner, so that whoever asks for data may ask for this.
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.horizon(target regclass)
returns date
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
return (
    select
        greatest(
            t.lost_before,
            (now() at time zone 'UTC' - p.span)::date
        )
    from ts.time_table as t
    left join ts.policy as p
        on t.relation = p.relation and p.kind = 'retention'
    where t.relation = target
);

comment on function ts.horizon(regclass) is
'The first date from which on a time series is whole; null where all of it is.';

grant execute on function ts.horizon(regclass)
to factorium_ingest, factorium_transform, factorium_reader;
