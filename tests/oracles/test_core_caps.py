"""Market caps of real companies: hand-computed values, and no jumps that nothing explains.

Hand-computed: the closing price as it traded times the share count of the latest cover page
(all classes), as remembered, not looked up. GE's close after its reverse split is the recorded
one times eight, so that row checks the basis of the count, not the price.
"""

from __future__ import annotations

import psycopg
import pytest

pytestmark = [pytest.mark.data, pytest.mark.full]

BILLION = 1e9
# Ticker, day, close in USD as traded, million shares of the company.
KNOWN = [
    ("AAPL", "2015-06-30", 125.43, 5761.03),
    ("AAPL", "2020-08-28", 499.23, 4275.63),
    ("AAPL", "2020-08-31", 129.04, 4 * 4275.63),
    ("NVDA", "2021-07-19", 751.19, 623.0),
    ("NVDA", "2021-07-20", 186.12, 4 * 623.0),
    ("NVDA", "2024-06-07", 1208.88, 2460.0),
    ("NVDA", "2024-06-10", 121.79, 10 * 2460.0),
    ("GE", "2021-07-30", 12.95, 8780.0),
    ("GE", "2021-08-02", 100.60, 8780.0 / 8),
    ("AMZN", "2022-06-03", 2447.00, 508.72),
    ("AMZN", "2022-06-06", 124.79, 20 * 508.72),
    ("GOOGL", "2022-07-15", 2235.55, 659.5),
    ("GOOGL", "2022-07-18", 109.03, 20 * 659.5),
]
# Counts that stand in the filings as recorded, where a person would see an error and a rule
# on what was known that day does not: a digit lost, a count of one class, a reverse split
# together with spin-offs, a split of 3 for 2 beside buybacks.
MISCOUNTED = {"DD", "HPQ", "KR", "NTAP", "ODFL", "UA", "WFC"}
# Shares issued for companies whose assets were consolidated already (OKE, WMB), by companies
# whose assets no source has then (MAA, REG), and out of bankruptcy (PCG).
ISSUED = {"OKE", "WMB", "MAA", "REG", "PCG"}
JUMPS = """
    with days as (
        select
            c.security_id, c.company_id, c.trade_date, c.market_equity, p.total_return,
            c.price * p.split_index as price,
            lag(c.market_equity) over history as market_equity_before,
            lag(c.price * p.split_index) over history as price_before
        from intermediate.int_market_caps__daily as c
        inner join intermediate.int_prices__daily as p
            on p.security_id = c.security_id and p.trade_date = c.trade_date
        window history as (partition by c.security_id order by c.trade_date)
    )
    select distinct s.ticker, d.trade_date, d.market_equity / d.market_equity_before
    from days as d
    inner join marts.dim_security as s on s.security_id = d.security_id
    where abs(d.market_equity / d.market_equity_before - 1 - d.total_return) > 0.4
    -- A large distribution is a corporate action: the price falls by it, wealth does not.
    and abs(d.price / d.price_before - 1 - d.total_return) < 0.1
    and not exists (
        select from intermediate.int_price_events as e
        where e.security_id = d.security_id
        and e.ex_date between d.trade_date - 100 and d.trade_date + 100
    )
    -- A merger paid in shares: total assets grow by a tenth or more around it.
    and not exists (
        select from intermediate.int_fundamentals__as_known as before
        inner join intermediate.int_fundamentals__as_known as after
            on after.company_id = before.company_id
        where before.company_id = d.company_id
        and before.valid_from <= d.trade_date - 60 and before.valid_to > d.trade_date - 250
        and after.valid_from between d.trade_date - 150 and d.trade_date + 200
        and after.assets > 1.1 * before.assets
    )
    order by 1, 2
"""


@pytest.mark.parametrize(("ticker", "day", "close", "shares"), KNOWN)
def test_cap_is_within_5_percent_of_the_hand_computed_one(
    core: psycopg.Connection, ticker: str, day: str, close: float, shares: float
) -> None:
    row = core.execute(
        "select c.company_cap_usd from marts.fct_market_caps as c "
        "inner join marts.dim_security as s on s.security_id = c.security_id "
        "where s.ticker = %s and c.trade_date = %s",
        [ticker, day],
    ).fetchone()
    assert row is not None
    assert row[0] / BILLION == pytest.approx(close * shares / 1000, rel=0.05)


def test_apple_is_worth_720_billion_in_june_2015(core: psycopg.Connection) -> None:
    row = core.execute(
        "select c.company_cap_usd from marts.fct_market_caps as c "
        "inner join marts.dim_security as s on s.security_id = c.security_id "
        "where s.ticker = 'AAPL' and c.trade_date = '2015-06-30'"
    ).fetchone()
    assert row is not None
    assert row[0] / BILLION == pytest.approx(720, rel=0.01)


def test_no_cap_jumps_without_a_corporate_action(core: psycopg.Connection) -> None:
    jumps = core.execute(JUMPS).fetchall()
    unexplained = [row for row in jumps if row[0] not in MISCOUNTED | ISSUED]
    assert not unexplained, f"{len(unexplained)}: {unexplained[:20]}"
