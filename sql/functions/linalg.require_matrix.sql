-- linalg.require_matrix(m, caller) -> integer
--
-- The number of rows of a matrix: two dimensions, both counted from 1, every
-- entry finite. Anything else is an error 22023 that names the caller. NaN sorts
-- above infinity, so two comparisons in C see every entry.
--
-- Tested in: tests/sql/test_linalg.py

create or replace function linalg.require_matrix(m double precision[], caller text)
returns integer
language plpgsql
immutable
parallel safe
strict
as $body$
begin
    if array_ndims(m) is distinct from 2 then
        raise exception using errcode = '22023', message = format(
            '%s: a matrix has 2 dimensions, not %s',
            caller, coalesce(array_ndims(m), 0));
    elsif array_lower(m, 1) <> 1 or array_lower(m, 2) <> 1 then
        raise exception using errcode = '22023', message = format(
            '%s: the rows and columns of the matrix are not counted from 1', caller);
    elsif ('infinity'::double precision > all (m)
        and '-infinity'::double precision < all (m)) is not true then
        raise exception using errcode = '22023', message = format(
            '%s: the matrix has a null, NaN or infinite entry', caller);
    end if;
    return array_length(m, 1);
end
$body$;

comment on function linalg.require_matrix(double precision[], text) is
'Rows of a matrix of finite entries; an error that names the caller otherwise.';
