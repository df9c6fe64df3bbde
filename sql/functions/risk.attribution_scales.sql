-- risk.attribution_scales(returns, benchmark_returns default null)
--     -> double precision[]
--
-- What each period's contributions are multiplied by, so that they add up over all
-- periods: to the compounded return R, or, beside a benchmark's returns, to R - B.
-- k_t / K with risk.carino_coefficient of the period and of the compounded returns.
-- Returns are fractions, oldest first; without a benchmark its returns are 0. Null
-- for no returns or a null among them; an error 22023 for a return of -1 or below
-- and for arrays of different length.
--
-- Source: Carino (1999), Journal of Performance Measurement 3(4), 5-14.
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_scales(
    p_returns double precision[], p_benchmark_returns double precision[] default null
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $body$
declare
    n integer := cardinality(p_returns);
    scales double precision[] := '{}';
    growth double precision := 0;
    benchmark_growth double precision := 0;
    b double precision := 0;
    total double precision;
begin
    if cardinality(p_benchmark_returns) <> n then
        raise exception using errcode = '22023', message = format(
            'risk.attribution_scales: %s returns beside %s of the benchmark',
            n, cardinality(p_benchmark_returns));
    end if;
    for t in 1..coalesce(n, 0) loop
        if p_benchmark_returns is not null then
            b := p_benchmark_returns[t];
        end if;
        scales[t] := risk.carino_coefficient(p_returns[t], b);
        growth := growth + ln(1 + p_returns[t]);
        benchmark_growth := benchmark_growth + ln(1 + b);
    end loop;
    total := risk.carino_coefficient(exp(growth) - 1, exp(benchmark_growth) - 1);
    if n = 0 or total is null then
        return null;
    end if;
    return array(
        select scale / total from unnest(scales) with ordinality as s (scale, place)
        order by place
    );
end
$body$;

comment on function risk.attribution_scales(double precision[], double precision[]) is
'Factors that make contributions of periods add up to the compounded return.';
