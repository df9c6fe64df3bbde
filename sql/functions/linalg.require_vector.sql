-- linalg.require_vector(v, caller, n default null) -> integer
--
-- The length of a vector: one dimension, counted from 1, every entry finite and,
-- where n is given, as long as that. Anything else is an error 22023 that names
-- the caller. Null for a null vector.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.require_vector(
    v double precision[], caller text, n integer default null
)
returns integer
language plpgsql
immutable
parallel safe
as $body$
begin
    if v is null then
        return null;
    elsif array_ndims(v) is distinct from 1 then
        raise exception using errcode = '22023', message = format(
            '%s: a vector has 1 dimension, not %s',
            caller, coalesce(array_ndims(v), 0));
    elsif array_lower(v, 1) <> 1 then
        raise exception using errcode = '22023', message = format(
            '%s: the entries of the vector are not counted from 1', caller);
    elsif ('infinity'::double precision > all (v)
        and '-infinity'::double precision < all (v)) is not true then
        raise exception using errcode = '22023', message = format(
            '%s: the vector has a null, NaN or infinite entry', caller);
    elsif cardinality(v) <> n then
        raise exception using errcode = '22023', message = format(
            '%s: the vector has %s entries, not %s', caller, cardinality(v), n);
    end if;
    return cardinality(v);
end
$body$;

comment on function linalg.require_vector(double precision[], text, integer) is
'Length of a vector of finite entries; an error that names the caller otherwise.';
