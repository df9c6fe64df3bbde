-- risk.zero_for_null(returns) -> double precision[]
--
-- A day's factor returns with 0 for those there are none of: of a style that did not
-- vary, so that every exposure to it was 0. For windows of equal length.
--
-- Tested in: tests/sql/test_risk_covariance.py

create or replace function risk.zero_for_null(p_returns double precision[])
returns double precision[]
language sql
immutable
parallel safe
return array(
    select coalesce(entry, 0)
    from unnest(p_returns) with ordinality as e (entry, place) order by place
);

comment on function risk.zero_for_null(double precision[]) is
'A day''s factor returns with 0 for those there are none of.';
