-- stats.quantile(x, p) -> double precision
--
-- The quantile p of the known values of x, interpolated between its order
-- statistics as NumPy does by default. Nulls are left out; null where nothing is
-- left or an argument is null; an error 22023 for a p outside [0, 1] and for NaN.
--
-- Source: Hyndman & Fan (1996), The American Statistician 50, 361-365, type 7.
-- Tested in: tests/sql/test_stats.py

create or replace function stats.quantile(x double precision[], p double precision)
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
begin
    if p < 0 or p > 1 then
        raise exception using errcode = '22023', message = format(
            'stats.quantile: p is not between 0 and 1: %s', p);
    elsif 'NaN'::double precision = any (x) then
        raise exception using errcode = '22023',
            message = 'stats.quantile: a value is NaN';
    end if;
    return (select percentile_cont(p) within group (order by v) from unnest(x) as v);
end
$body$;

comment on function stats.quantile(double precision[], double precision) is
'Quantile of an array, interpolated as NumPy does.';
