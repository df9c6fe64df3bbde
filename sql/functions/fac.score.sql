-- fac.score(not_above, not_below, n, sign, n_least) -> double precision
--
-- Place of a value in a cross-section of n on a scale of 0 to 100: of the n,
-- `not_above` are at most as large and `not_below` at least as large, itself
-- and its equals in both. Ties share their mean rank:
-- 100 * (mean rank - 1) / (n - 1), the mean rank being
-- (n + 1 + not_above - not_below) / 2.
-- A sign of -1 turns the scale, so that 100 is the side the literature buys.
-- Null below n_least names.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.score(
    not_above bigint,
    not_below bigint,
    n bigint,
    sign integer,
    n_least integer
)
returns double precision
language sql
immutable
parallel safe
return case
    when n >= n_least and n > 1
        then case
            when sign < 0
                then 50 * (n - 1 + not_below - not_above)::double precision / (n - 1)
            else 50 * (n - 1 + not_above - not_below)::double precision / (n - 1)
        end
end;

comment on function fac.score(bigint, bigint, bigint, integer, integer) is
'Place in a cross-section, 0 to 100, ties averaged; null below n_least names.';
