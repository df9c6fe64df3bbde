-- ref.ticker_range: which security a vendor's ticker means on any day.
--
-- Vendors that re-issue their whole history name a security by its latest
-- ticker even years before it had it. So a ticker's first range reaches back
-- to the beginning of time, a later one to the end of the one before it, and
-- the last one forward without end. A ticker inside its own range always
-- means its holder of that day.
-- Grain: one row per ticker and holder.
--
-- Tested in: tests/sql/test_settle.py

create or replace view ref.ticker_range as
select
    ticker.ticker,
    history.security_id,
    coalesce(
        lag(history.valid_to) over holders, date '-infinity'
    ) as valid_from,
    case
        when lead(history.valid_from) over holders is null then date 'infinity'
        else coalesce(history.valid_to, date 'infinity')
    end as valid_to

from ref.ticker_history as history

inner join ref.ticker as ticker on history.ticker_id = ticker.ticker_id

window holders as (
    partition by history.ticker_id order by history.valid_from
);

comment on view ref.ticker_range is
'Which security a vendor''s ticker means on any day; ranges without gaps.';
comment on column ref.ticker_range.ticker is 'Ticker, normalised.';
comment on column ref.ticker_range.security_id is 'Security it means.';
comment on column ref.ticker_range.valid_from is 'First day, inclusive.';
comment on column ref.ticker_range.valid_to is 'Day after the last one.';
