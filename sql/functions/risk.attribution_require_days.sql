-- risk.attribution_require_days(benchmark, lacking) -> boolean
--
-- True where `lacking`, the days on which a portfolio has weights and its benchmark
-- has none, is null or empty; an error 22023 that names the first of them otherwise.
--
-- Tested in: tests/risk/test_attribution.py

create or replace function risk.attribution_require_days(
    p_benchmark text, p_lacking date[]
)
returns boolean
language plpgsql
immutable
parallel safe
as $body$
begin
    if cardinality(p_lacking) > 0 then
        raise exception using errcode = '22023', message = format(
            'the benchmark %s has no weights for %s of the portfolio''s days; '
            'the first is %s',
            p_benchmark, cardinality(p_lacking), p_lacking[1]);
    end if;
    return true;
end
$body$;

comment on function risk.attribution_require_days(text, date[]) is
'Refuses a benchmark that has no weights on some of a portfolio''s days.';
