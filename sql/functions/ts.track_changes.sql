-- ts.track_changes(target, time_column) -> void
--
-- Puts the triggers on a table that mark what its rollups have to recompute,
-- one per kind of statement. On plain PostgreSQL only: TimescaleDB tracks
-- changes itself, and allows no transition tables on a hypertable.
--
-- Tested in: tests/sql/test_ts_rollups.py

create or replace function ts.track_changes(target regclass, time_column name)
returns void
language plpgsql
volatile
as $body$
declare
    event text;
begin
    foreach event in array array['insert', 'update', 'delete'] loop
        execute format(
            'create or replace trigger ts_mark_%1$s after %1$s on %2$s '
            'referencing %3$s for each statement execute function ts.mark_dirty(%4$L)',
            event, target,
            case event
                when 'insert' then 'new table as new_rows'
                when 'delete' then 'old table as old_rows'
                else 'old table as old_rows new table as new_rows'
            end,
            time_column
        );
    end loop;
    execute format(
        'create or replace trigger ts_mark_truncate after truncate on %s '
        'for each statement execute function ts.mark_truncated()', target
    );
end
$body$;

comment on function ts.track_changes(regclass, name) is
'Puts the triggers on a table that mark what its rollups have to recompute.';
