-- ops.renamed_ticker: tickers that a company gave up for another, as two
-- vintages of the SEC's list betray: one ticker in the older, another one in
-- the newer, and the old one gone. (With several tickers on either side it is
-- not said which line became which, so nothing is inferred.) The day is the
-- newer vintage's; before it the new ticker is not known to have been borne.
-- Grain: one row per old ticker.
--
-- Tested in: tests/sql/test_settle.py

create or replace view ops.renamed_ticker as
with

listed as materialized (

    select distinct
        load_id,
        cik,
        ref.normal_ticker(ticker) as ticker,
        as_of
    from raw.company_ticker

),

vintage as materialized (

    select
        load_id,
        cik,
        min(ticker) as ticker,
        max(as_of) as as_of,
        count(distinct ticker) as n_tickers
    from listed
    group by load_id, cik

),

newest as (

    select max(load_id) as load_id from raw.company_ticker

),

still_borne as materialized (

    select listed.ticker
    from listed inner join newest on listed.load_id = newest.load_id

)

select distinct on (older.ticker)
    older.ticker as old_ticker,
    newer.ticker as new_ticker,
    coalesce(newer.as_of, load.finished_at::date) as renamed_on

from vintage as newer

inner join newest on newer.load_id = newest.load_id

inner join vintage as older
    on
        newer.cik = older.cik
        and newer.load_id > older.load_id
        and newer.ticker <> older.ticker

inner join raw.load as load on newer.load_id = load.load_id

where
    -- As inequalities: the planner takes "= 1" for rare, and loops.
    newer.n_tickers < 2
    and older.n_tickers < 2
    -- Not null: a hashed lookup, where an anti join was a loop over both lists.
    and older.ticker not in (select still_borne.ticker from still_borne)

order by older.ticker, older.load_id desc;

comment on view ops.renamed_ticker is
'Tickers that a company gave up, as two vintages of the SEC''s list betray.';
comment on column ops.renamed_ticker.old_ticker is 'Ticker given up, normalised.';
comment on column ops.renamed_ticker.new_ticker is 'Ticker taken, normalised.';
comment on column ops.renamed_ticker.renamed_on is
'Day from which the new one is known.';
