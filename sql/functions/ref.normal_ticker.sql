-- ref.normal_ticker(ticker) -> text
--
-- One spelling for the tickers of all vendors: upper case, classes after a
-- dash ("brk.b", "BRK/B" and "BRK B" are BRK-B). Null for null.
--
-- Tested in: tests/sql/test_settle.py

create or replace function ref.normal_ticker(ticker text)
returns text
language sql
immutable
parallel safe
return translate(upper(btrim(ticker)), './ ', '---');

comment on function ref.normal_ticker(text) is
'One spelling for the tickers of all vendors: upper case, classes after a dash.';
