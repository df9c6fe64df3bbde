-- ops.settle_securities() -> integer
--
-- Makes securities and their ticker history from what has landed:
--   1. ticker maps are authoritative: one security per permanent ticker, with
--      the tickers it bore and when;
--   2. a ticker that two vintages of the SEC's list show to be renamed is the
--      former one of its successor;
--   3. every other ticker that any source names and that no map knows is a
--      security of its own, its history extended backwards (is_backfilled).
-- Then links securities to companies by the newest ticker -> CIK mapping.
-- Returns the number of securities added.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ops.settle_securities()
returns integer
language plpgsql
volatile
as $body$
declare
    before integer := (select count(*) from ref.security);
begin
    create temporary table mapped on commit drop as
    select distinct on (permanent_ticker, valid_from)
        ref.normal_ticker(permanent_ticker) as permanent_ticker,
        ref.normal_ticker(ticker) as ticker,
        valid_from,
        valid_to
    from raw.ticker_map
    order by permanent_ticker, valid_from, load_id desc;

    insert into mapped
    select new_ticker, old_ticker, date '1900-01-01', renamed_on from ops.renamed_ticker
    union all
    select new_ticker, new_ticker, renamed_on, null from ops.renamed_ticker;

    insert into ref.security (permanent_ticker)
    select distinct permanent_ticker from mapped
    on conflict do nothing;

    insert into ref.ticker (ticker)
    select distinct ticker from mapped
    on conflict do nothing;

    insert into ref.ticker_history (security_id, ticker_id, valid_from, valid_to, is_backfilled)
    select
        s.security_id, t.ticker_id, m.valid_from, m.valid_to, m.valid_from = date '1900-01-01'
    from mapped as m
    inner join ref.security as s on m.permanent_ticker = s.permanent_ticker
    inner join ref.ticker as t on m.ticker = t.ticker
    on conflict do nothing;

    create temporary table bare on commit drop as
    select distinct ref.normal_ticker(ticker) as ticker from ops.mentioned_ticker
    except
    select ticker from ref.ticker
    except
    select permanent_ticker from ref.security;

    insert into ref.ticker (ticker) select ticker from bare;
    insert into ref.security (permanent_ticker) select ticker from bare;
    insert into ref.ticker_history (security_id, ticker_id, valid_from, is_backfilled)
    select s.security_id, t.ticker_id, date '1900-01-01', true
    from bare
    inner join ref.security as s on bare.ticker = s.permanent_ticker
    inner join ref.ticker as t on bare.ticker = t.ticker;

    drop table mapped, bare;
    perform ops.link_companies();
    return (select count(*) from ref.security) - before;
end
$body$;

comment on function ops.settle_securities() is
'Makes securities and ticker history from maps and names; returns how many it added.';
