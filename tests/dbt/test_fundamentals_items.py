"""Published numbers of real companies, restatements, transitions, clocks and shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest
from fundamentals_warehouse import MODELS, build_fundamentals, land_edgar
from psycopg.conninfo import make_conninfo

from factorium.warehouse import run_dbt

pytestmark = pytest.mark.data

AAPL, COST, NVDA, TSLA, WMT, UAA, MCD, TXN = (
    320193, 909832, 1045810, 1318605, 104169, 1336917, 63908, 97476,
)  # fmt: skip
M = 1e6

# From the published filings, in millions: company, session, column, amount.
PUBLISHED = [
    # Apple: fiscal 2020, and its first quarter, the day after the evening it was filed.
    (AAPL, "2020-10-30", "sales", 274_515),
    (AAPL, "2020-10-30", "sales_q", 64_698),
    (AAPL, "2020-10-30", "net_income", 57_411),
    (AAPL, "2020-10-30", "operating_cash_flow", 80_674),
    (AAPL, "2020-10-30", "capex", 7_309),
    (AAPL, "2020-10-30", "research_development", 18_752),
    (AAPL, "2020-10-30", "assets", 323_888),
    (AAPL, "2020-10-30", "common_equity", 65_339),
    (AAPL, "2020-10-30", "sales_1y", 260_174),
    (AAPL, "2020-10-30", "gross_profit", 104_956),
    # A 53-week year (to 2017-09-30), then its 13-week quarter: 229,234 + 88,293 - 78,351.
    (AAPL, "2017-11-03", "sales", 229_234),
    (AAPL, "2018-02-02", "sales", 239_176),
    (AAPL, "2018-02-02", "sales_q", 88_293),
    # Costco fiscal 2019: 12, 24 and 36 weeks, and a fourth quarter of 16 by difference.
    (COST, "2019-10-11", "sales", 152_703),
    (COST, "2019-10-11", "net_income", 3_659),
    (COST, "2019-10-11", "sales_q", 47_498),
    (COST, "2019-10-11", "operating_cash_flow", 6_356),
    (COST, "2019-10-11", "capex", 2_998),
    # 52 weeks to 2020-02-16: 152,703 + 76,112 - 70,465.
    (COST, "2020-03-13", "sales", 158_350),
    (COST, "2020-03-13", "sales_q", 39_072),
    (NVDA, "2021-03-01", "sales", 16_675),
    (NVDA, "2021-03-01", "net_income", 4_332),
    (TSLA, "2021-02-09", "sales", 31_536),
    (TSLA, "2021-02-09", "net_income", 721),
    (TSLA, "2021-02-09", "operating_cash_flow", 5_943),
    (WMT, "2020-03-23", "sales", 523_964),
    (WMT, "2020-03-23", "net_income", 14_881),
    (WMT, "2020-03-23", "operating_cash_flow", 25_255),
    (MCD, "2020-02-27", "sales", 21_076.5),
    (MCD, "2020-02-27", "net_income", 6_025.4),
    (TXN, "2020-02-21", "sales", 14_383),
    (TXN, "2020-02-21", "net_income", 5_017),
    # Under Armour moves its year-end to March by a transition quarter (10-QT).
    (UAA, "2022-02-24", "sales", 5_683.466),
    (UAA, "2022-05-10", "sales", 5_727.216),
    (UAA, "2022-05-10", "sales_q", 1_300.945),
    (UAA, "2022-08-10", "sales", 5_724.739),
    (UAA, "2022-08-10", "sales_q", 1_349.057),
]


def value(conn: psycopg.Connection, cik: int, day: str, column: str) -> float | None:
    """A column of the wide relation as known on a session."""
    row = conn.execute(
        psycopg.sql.SQL(
            "select {} from intermediate.int_fundamentals__as_known "
            "inner join ref.company using (company_id) where cik = %s "
            "and valid_from <= %s and (valid_to > %s or valid_to is null)"
        ).format(psycopg.sql.Identifier(column)),
        [cik, day, day],
    ).fetchone()
    return row and row[0]


@pytest.mark.parametrize(("cik", "day", "column", "amount"), PUBLISHED)
def test_item_is_the_published_number(
    warehouse: psycopg.Connection, cik: int, day: str, column: str, amount: float
) -> None:
    assert value(warehouse, cik, day, column) == pytest.approx(amount * M, rel=1e-9)


def test_filing_of_the_evening_counts_from_the_next_session(
    warehouse: psycopg.Connection,
) -> None:
    # Apple's first quarter of fiscal 2021 was accepted on 2021-01-27 at 18:01 New York.
    assert value(warehouse, AAPL, "2021-01-27", "sales") == 274_515 * M
    assert value(warehouse, AAPL, "2021-01-28", "sales") == 294_135 * M


def test_value_ends_eighteen_months_after_its_period(warehouse: psycopg.Connection) -> None:
    # SunEdison's last report is of 2015-09-30.
    assert value(warehouse, 945436, "2017-03-30", "sales") is not None
    assert value(warehouse, 945436, "2017-03-31", "sales") is None


def test_per_share_amounts_are_never_differenced_or_summed(
    warehouse: psycopg.Connection,
) -> None:
    methods = warehouse.execute(
        "select distinct basis, method from intermediate.int_items__as_known "
        "inner join staging.standard_items using (item) where kind in ('per_share', 'average')"
    ).fetchall()
    assert set(methods) <= {
        ("fiscal_year", 0), ("fiscal_year_1y", 0), ("quarter", 1), ("quarter_1y", 1)
    }  # fmt: skip


def test_ranges_of_an_item_never_overlap(warehouse: psycopg.Connection) -> None:
    overlapping = warehouse.execute(
        "select count(*) from (select valid_to, lead(valid_from) over (partition by company_id, "
        "item, basis order by valid_from) as later from intermediate.int_items__as_known) as t "
        "where later < valid_to"
    ).fetchone()
    assert overlapping == (0,)


def test_every_recorded_company_has_its_core_items(warehouse: psycopg.Connection) -> None:
    core = (
        "assets, liabilities, common_equity, cash_and_equivalents, sales, net_income, "
        "operating_cash_flow, pretax_income"
    )
    gaps = warehouse.execute(
        "with days as (select *, valid_to - valid_from as n from ("
        "select f.*, min(valid_from) over (partition by company_id) as first_from, "
        "max(period_end) over (partition by company_id) as last_end "
        "from intermediate.int_fundamentals__as_known as f) as f "
        "where valid_from >= first_from + 400 and valid_from <= last_end + 60) "
        "select cik, v.item, sum(n) filter (where v.amount is not null) / sum(n)::float "
        "from days inner join ref.company using (company_id) "
        "cross join lateral (values ('assets', assets), ('liabilities', liabilities), "
        "('common_equity', common_equity), ('cash_and_equivalents', cash_and_equivalents), "
        "('sales', sales), ('net_income', net_income), "
        "('operating_cash_flow', operating_cash_flow), ('pretax_income', pretax_income)) "
        "as v(item, amount) group by cik, v.item "
        "having sum(n) filter (where v.amount is not null) / sum(n)::float < 0.95"
    ).fetchall()
    assert gaps == [], core


def test_only_reports_and_declared_recasts_count(warehouse: psycopg.Connection) -> None:
    forms = warehouse.execute(
        "select distinct form from staging.stg_edgar__facts inner join "
        "intermediate.int_facts__mapped using (accession)"
    ).fetchall()
    assert not {form for (form,) in forms} & {"DEF 14A", "424B5", "424B2", "S-3ASR", "6-K"}
    # Kraft's statements in an 8-K of Heinz are another company's, not a recast.
    foreign = warehouse.execute(
        "select count(*) from intermediate.int_facts__mapped "
        "where accession = '0001637459-15-000025'"
    ).fetchone()
    recast = warehouse.execute(
        "select count(*) from intermediate.int_facts__mapped "
        "where accession = '0001637459-20-000168'"
    ).fetchone()
    assert foreign == (0,)
    assert recast is not None
    assert recast[0] > 50


def test_clocks_agree_with_the_data_sets_acceptance_times(
    warehouse: psycopg.Connection, data: Path
) -> None:
    sets = pl.read_parquet(data / "sec" / "fsds" / "2021q1.sub.parquet").select(
        "adsh", pl.col("accepted").str.slice(0, 19)
    )
    rows = warehouse.execute(
        "select accession, to_char(accepted_at at time zone 'America/New_York', "
        "'YYYY-MM-DD HH24:MI:SS') from staging.stg_edgar__filings where filing_date "
        "between '2021-01-01' and '2021-03-31' and accepted_at is not null"
    ).fetchall()
    ours = pl.DataFrame(rows, schema=["adsh", "ours"], orient="row")
    both = ours.join(sets, on="adsh").with_columns(
        pl.col("ours", "accepted").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
    apart = (both["ours"] - both["accepted"]).dt.total_seconds().abs()
    assert both.height >= 10
    assert apart.max() <= 60


def test_unit_errors_of_share_counts_are_rejected_with_a_reason(
    warehouse: psycopg.Connection,
) -> None:
    # McDonald's tags its weighted shares in millions since 2024.
    rejected = warehouse.execute(
        "select count(*) from intermediate.int_shares__rejected inner join ref.company "
        "using (company_id) where cik = %s and shares_source = 'weighted basic' "
        "and shares < 1000 and reason is not null",
        [MCD],
    ).fetchone()
    assert rejected is not None
    assert rejected[0] >= 10
    used = warehouse.execute(
        "select min(shares), max(shares) from intermediate.int_shares__as_known "
        "inner join ref.company using (company_id) where cik = %s",
        [MCD],
    ).fetchone()
    assert used is not None
    assert 6e8 < used[0] <= used[1] < 1.2e9


def test_splits_are_not_rejected(warehouse: psycopg.Connection) -> None:
    used = warehouse.execute(
        "select min(shares), max(shares) from intermediate.int_shares__as_known "
        "inner join ref.company using (company_id) where cik = %s",
        [NVDA],
    ).fetchone()
    assert used is not None
    assert used[1] / used[0] > 40


def test_shares_fall_back_where_the_cover_has_none(warehouse: psycopg.Connection) -> None:
    sources = dict(
        warehouse.execute(
            "select cik, min(shares_source) from intermediate.int_shares__as_known "
            "inner join ref.company using (company_id) where cik in (1652044, 1336917, 320193) "
            "group by cik"
        ).fetchall()
    )
    assert sources == {
        1652044: "us-gaap outstanding",
        1336917: "weighted basic",
        320193: "dei cover",
    }


SNAPSHOT = (
    "select cik, item, basis, period_end, value, valid_from, least(valid_to, %(day)s + 1) "
    "from intermediate.int_items__as_known inner join ref.company using (company_id) "
    "where cik in (320193, 909832, 1336917, 945436, 1637459, 63908) and valid_from <= %(day)s "
    "order by cik, item, basis, valid_from"
)


@pytest.mark.parametrize("day", [date(2014, 8, 15), date(2022, 6, 15)])
def test_what_was_known_needs_nothing_filed_later(
    warehouse: psycopg.Connection,
    new_database: Callable[[], str],
    data: Path,
    dbt_target: Path,
    day: date,
) -> None:
    info = new_database()
    for companies in ("CIK0000320193", "CIK0000909832", "CIK0001336917", "CIK0000945436",
                      "CIK0001637459", "CIK0000063908"):  # fmt: skip
        land_edgar(info, data / "sec", companies)
    with psycopg.connect(info) as conn:
        known = (
            "select accession from raw.filing as f where (acceptance::timestamptz "
            "at time zone 'America/New_York')::date < %s"
        )
        conn.execute(
            f"delete from raw.company_fact where accession not in ({known})",  # noqa: S608
            [day],
        )
    build_fundamentals(info, dbt_target)
    with psycopg.connect(info) as conn:
        truncated = conn.execute(SNAPSHOT, {"day": day}).fetchall()
    full = warehouse.execute(SNAPSHOT, {"day": day}).fetchall()
    assert len(truncated) > 5000
    assert set(truncated) == set(full)


def test_a_restatement_changes_only_what_follows_it(
    recorded: str, new_database: Callable[[], str], data: Path, dbt_target: Path
) -> None:
    info = new_database()
    land_edgar(info, data / "sec", "CIK0000909832")
    build_fundamentals(info, dbt_target)
    query = (
        "select valid_from, valid_to, sales, sales_q, net_income from "
        "intermediate.int_fundamentals__as_known order by valid_from"
    )
    with psycopg.connect(info) as conn:
        before = conn.execute(query).fetchall()
        # Costco restates fiscal 2019 by a 10-K/A of 2019-11-15.
        conn.execute(
            "insert into raw.company_fact (load_id, cik, taxonomy, tag, unit, period_start, "
            "period_end, accession, value, form, filed) values ((select max(load_id) from "
            "raw.load), 909832, 'us-gaap', 'Revenues', 'USD', '2018-09-03', '2019-09-01', "
            "'0000909832-19-999999', 150000e6, '10-K/A', '2019-11-15')"
        )
        conn.execute("insert into ops.change (input, from_date) values ('facts', '2019-11-15')")
    run_dbt(info, ["run", "--select", *MODELS], target_path=dbt_target)
    with psycopg.connect(info) as conn:
        after = conn.execute(query).fetchall()
        assert value(conn, COST, "2019-11-15", "sales") == 152_703 * M
        assert value(conn, COST, "2019-11-18", "sales") == 150_000 * M
        assert value(conn, COST, "2019-11-18", "sales_q") == 47_498 * M
    restated = date(2019, 11, 18)
    assert _clipped(before, restated) == _clipped(after, restated)
    assert before != after


def _clipped(rows: list[tuple], day: date) -> list[tuple]:
    return [(a, min(b, day), *rest) for a, b, *rest in rows if a < day]


def test_panels_fill_what_edgar_does_not_know(
    new_database: Callable[[], str], data: Path, dbt_target: Path
) -> None:
    info = new_database()
    land_edgar(info, data / "sec", "CIK0000320193")
    panel = pl.read_parquet(data / "fundamentals" / "pit_edgar_1330_tickers.parquet")
    absurd = panel.filter((pl.col("item") == "shares") & (pl.col("value") > 1e11))
    tickers = ["AAPL", "MSFT", *absurd["ticker"].unique().sort().to_list()]
    spans = {"assets": "instant", "book_equity": "instant", "shares": "instant"}
    with psycopg.connect(info) as conn:
        conn.execute(
            "insert into raw.load (source, dataset, uri, sha256, status) "
            "values ('panel', 'panel', 'x', 'x', 'done')"
        )
        conn.execute("insert into ref.data_source (name) values ('pit')")
        company = conn.execute(
            "select company_id from ref.company where cik = %s", [AAPL]
        ).fetchone()
        for ticker in tickers:
            _add_security(conn, ticker, company[0] if ticker == "AAPL" else None)
        load, source = _ids(conn)
        with conn.cursor().copy(
            "copy raw.panel_item (load_id, source_id, ticker, item, span, filed, value) from stdin"
        ) as copy:
            for ticker, filed, item, amount in (
                panel.filter(pl.col("ticker").is_in(tickers))
                .select("ticker", "filed", "item", "value")
                .iter_rows()
            ):
                copy.write_row((load, source, ticker, item, spans.get(item, "year"), filed, amount))
    build_fundamentals(info, dbt_target)
    with psycopg.connect(make_conninfo(info, options="-c role=factorium_transform")) as conn:
        sources = conn.execute(
            "select distinct source_id > 0 from intermediate.int_items__as_known "
            "inner join ref.company using (company_id) where cik = %s and item = 'net_income' "
            "and basis = 'ttm' and valid_from > '2010-12-01'",
            [AAPL],
        ).fetchall()
        assert sources == [(False,)]
        # Microsoft's year to 2019-06-30, filed 2019-08-01: usable on the next session.
        microsoft = conn.execute(
            "select sales, net_income, sales_1y from intermediate.int_fundamentals__as_known "
            "inner join ref.security using (company_id) where permanent_ticker = 'MSFT' "
            "and valid_from <= %s and valid_to > %s",
            ["2019-08-02", "2019-08-02"],
        ).fetchone()
        assert microsoft == (125_843 * M, 39_240 * M, 110_360 * M)
        not_rejected = conn.execute(
            "select count(*) from intermediate.int_shares__as_known where shares > 1e11"
        ).fetchone()
        reasons = conn.execute(
            "select count(*) from intermediate.int_shares__rejected where reason = 'above 1e11'"
        ).fetchone()
    assert not_rejected == (0,)
    assert reasons == (absurd.height,)


def _ids(conn: psycopg.Connection) -> tuple[int, int]:
    row = conn.execute(
        "select (select max(load_id) from raw.load), (select max(source_id) from ref.data_source)"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _add_security(conn: psycopg.Connection, ticker: str, company_id: int | None) -> None:
    if company_id is None:
        row = conn.execute(
            "insert into ref.company (name) values (%s) returning company_id", [ticker]
        ).fetchone()
        assert row is not None
        company_id = row[0]
    conn.execute(
        "with s as (insert into ref.security (permanent_ticker, company_id) values (%s, %s) "
        "returning security_id), t as (insert into ref.ticker (ticker) values (%s) "
        "returning ticker_id) insert into ref.ticker_history (security_id, ticker_id, valid_from) "
        "select security_id, ticker_id, '1990-01-01' from s, t",
        [ticker, company_id, ticker],
    )
