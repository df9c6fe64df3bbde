-- stats.weighted_quantile(x, w, p) -> double precision
--
-- The smallest x at which the weights, summed from the smallest x on, reach the
-- share p of their total, to 1e-12 of it for the rounding of sums: NumPy's
-- quantile(method='inverted_cdf', weights=…). Pairs with a null or without weight
-- are left out; null where none is left or an argument is null; an error 22023
-- for arrays of different length, for a p outside [0, 1], for NaN and for a
-- weight that is negative or infinite.
--
-- Tested in: tests/sql/test_stats.py

create or replace function stats.weighted_quantile(
    x double precision[], w double precision[], p double precision
)
returns double precision
language plpgsql
immutable
parallel safe
strict
as $body$
begin
    if p < 0 or p > 1 then
        raise exception using errcode = '22023', message = format(
            'stats.weighted_quantile: p is not between 0 and 1: %s', p);
    elsif cardinality(x) <> cardinality(w) then
        raise exception using errcode = '22023', message = format(
            'stats.weighted_quantile: %s values with %s weights',
            cardinality(x), cardinality(w));
    elsif 'NaN'::double precision = any (x) then
        raise exception using errcode = '22023',
            message = 'stats.weighted_quantile: a value is NaN';
    elsif 0 > any (w) or 'infinity'::double precision <= any (w) then
        raise exception using errcode = '22023',
            message = 'stats.weighted_quantile: a weight is negative or not finite';
    end if;
    return (
        select min(c.v)
        from (
            select
                u.v,
                sum(u.w) over (order by u.v) as reached,
                sum(u.w) over () as total
            from unnest(x, w) as u (v, w)
            where u.v is not null and u.w > 0
        ) as c
        where c.reached >= (p - 1e-12) * c.total
    );
end
$body$;

comment on function stats.weighted_quantile(
    double precision[], double precision[], double precision
) is
'Smallest value at which the cumulative weight reaches a share of the total.';
