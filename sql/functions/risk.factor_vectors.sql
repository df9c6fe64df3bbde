-- risk.factor_vectors(factor_ids, until)
--     -> table (trade_date, session_no, vector)
--
-- Daily factor returns up to a date as vectors in the order of factor_ids; null where
-- a factor has no return that day.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.factor_vectors(p_factor_ids text[], p_until date)
returns table (trade_date date, session_no integer, vector double precision[])
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
    select
        day.trade_date,
        s.session_no,
        array_agg(r.factor_return order by wanted.place)
    from marts.fct_regressions as day
    cross join unnest(p_factor_ids) with ordinality as wanted (factor_id, place)
    left join marts.fct_factor_returns as r
        on day.trade_date = r.trade_date and wanted.factor_id = r.factor_id
    inner join ref.session as s on day.trade_date = s.session_date
    where day.trade_date <= p_until and day.reason is null
    group by day.trade_date, s.session_no
$body$;

comment on function risk.factor_vectors(text[], date) is
'Daily factor returns up to a date as vectors in the order of factor_ids.';
