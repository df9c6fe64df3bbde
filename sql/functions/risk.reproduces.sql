-- risk.reproduces(estimate_id) -> boolean
--
-- Whether a frozen estimate comes out again, bit for bit: its covariance is made anew
-- from the factor returns and parameters it holds, and its checksum from that and from
-- its specific volatilities.
-- Errors: P0002 for an unknown estimate.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.reproduces(p_estimate_id bigint)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    frozen risk.estimate;
    made double precision[];
begin
    select * into frozen from risk.estimate where estimate_id = p_estimate_id;
    if frozen.estimate_id is null then
        raise exception using errcode = 'P0002', message = format(
            'there is no estimate %s', p_estimate_id);
    end if;
    made := risk.estimate_covariance(
        frozen.parameters,
        array(
            select s.session_no from unnest(frozen.history_dates) as d (trade_date)
            inner join ref.session as s on d.trade_date = s.session_date
            order by d.trade_date
        ),
        frozen.factor_history
    );
    return frozen.covariance = made and frozen.checksum = risk.checksum_of(
        made, array(
            select s.specific_volatility from risk.estimate_specific as s
            where s.estimate_id = p_estimate_id order by s.security_id
        )
    );
end
$body$;

comment on function risk.reproduces(bigint) is
'Whether a frozen estimate comes out again, bit for bit, from what it holds.';
