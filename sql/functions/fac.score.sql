-- fac.score(lowest, peers, n, sign, n_least) -> double precision
--
-- Place in a cross-section of n on a scale of 0 to 100. `lowest` is the rank
-- of the first of `peers` equal values, ascending; ties share their mean rank:
-- 100 * (mean rank - 1) / (n - 1). A sign of -1 turns the scale, so that 100
-- is the side the literature buys. Null below n_least names.
--
-- Tested in: tests/sql/test_fac.py

create or replace function fac.score(
    lowest bigint,
    peers bigint,
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
                then
                    100
                    - 100 * (lowest - 1 + (peers - 1) / 2.0::double precision) / (n - 1)
            else 100 * (lowest - 1 + (peers - 1) / 2.0::double precision) / (n - 1)
        end
end;

comment on function fac.score(bigint, bigint, bigint, integer, integer) is
'Place in a cross-section, 0 to 100, ties averaged; null below n_least names.';
