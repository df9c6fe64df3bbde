-- stats.winsorized(x, lower_share, upper_share) -> double precision[]
--
-- The array x in its order, clamped at its own quantiles lower_share from below
-- and upper_share from above: winsorized(x, 0.01, 0.01) at the 1st and the 99th
-- percentile, as stats.quantile interpolates them. Nulls stay and count for
-- nothing; null where an argument is null; an error 22023 for NaN and for shares
-- that are negative or leave nothing between them.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.winsorized(
    x double precision[], lower_share double precision, upper_share double precision
)
returns double precision[]
language plpgsql
immutable
parallel safe
strict
as $body$
declare
    low double precision;
    high double precision;
begin
    if (lower_share >= 0 and upper_share >= 0 and lower_share + upper_share < 1)
        is not true then
        raise exception using errcode = '22023', message = format(
            'stats.winsorized: shares of %s from below and %s from above leave nothing',
            lower_share, upper_share);
    end if;
    low := stats.quantile(x, lower_share);
    high := stats.quantile(x, 1 - upper_share);
    return array(
        select stats.winsorize(u.v, low, high)
        from unnest(x) with ordinality as u (v, i) order by u.i
    );
end
$body$;

comment on function stats.winsorized(
    double precision[], double precision, double precision
) is
'An array clamped at its own quantiles.';
