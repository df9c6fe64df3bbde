-- risk.estimate_covariance(parameters, session_nos, factor_history)
--     -> double precision[]
--
-- The last covariance of a path through all the days: what a model of these
-- parameters makes of factor returns (days x factors). The same input gives the same
-- bits. Null where there are too few days.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.estimate_covariance(
    p_parameters jsonb, p_session_nos integer[], p_history double precision[]
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    made double precision[];
begin
    if p_parameters ->> 'kind' = 'window' then
        select path.covariance into made
        from risk.window_covariance_path(
            (p_parameters ->> 'window_days')::integer, p_session_nos, p_history
        ) as path
        order by path.session_no desc limit 1;
    else
        select path.covariance into made
        from risk.covariance_path(
            p_parameters, p_session_nos, p_history,
            p_first_no => p_session_nos[cardinality(p_session_nos)]
        ) as path
        order by path.session_no desc limit 1;
    end if;
    return made;
end
$body$;

comment on function risk.estimate_covariance(
    jsonb, integer[], double precision[]
) is
'The covariance that a model of these parameters makes of factor returns.';
