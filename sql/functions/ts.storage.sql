-- ts.storage(target) -> regclass
--
-- Where TimescaleDB keeps a time series: the hypertable behind a continuous
-- aggregate, any other table itself.
--
-- Tested in: tests/sql/test_ts_policies.py

create or replace function ts.storage(target regclass)
returns regclass
language plpgsql
stable
as $body$
begin
    if ts.engine() <> 'timescaledb' then
        return target;
    end if;
    return coalesce(
        (
            select format(
                '%I.%I', c.materialization_hypertable_schema,
                c.materialization_hypertable_name
            )::regclass
            from timescaledb_information.continuous_aggregates as c
            where format('%I.%I', c.view_schema, c.view_name)::regclass = target
        ),
        target
    );
end
$body$;

comment on function ts.storage(regclass) is
'The hypertable behind a continuous aggregate; any other table itself.';

grant execute on function ts.storage(regclass) to factorium_ingest, factorium_transform;
