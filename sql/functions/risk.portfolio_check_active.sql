-- risk.portfolio_check_active(active, benchmark) -> void
--
-- Refuses active risk without a benchmark, and an active of null: 22023.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.portfolio_check_active(
    p_active boolean, p_benchmark text
)
returns void
language plpgsql
immutable
parallel safe
as $body$
begin
    if p_active is null or (p_active and p_benchmark is null) then
        raise exception using errcode = '22023', message =
            'active risk is that against a benchmark: name one';
    end if;
end
$body$;

comment on function risk.portfolio_check_active(boolean, text) is
'Refuses active risk without a benchmark.';
