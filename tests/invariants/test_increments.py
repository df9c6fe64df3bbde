"""Built day by day, late, twice, wrong first or killed: the tables are those of one build."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import compare
import polars as pl
import psycopg
import pytest
from psycopg import sql

from factorium import database, datasets
from factorium.build import settle
from factorium.paths import ROOT
from ingest.registry import land_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import BuiltSample

    from tests.invariants.conftest import Grown

COVERAGE = """
copy (
    select 'n_values' as factor_id, factor_id as ticker, trade_date, n_eligible, n_values
    from marts.fct_coverage order by 2, 3
) to stdout (format csv, header)
"""
SETTLED: dict[str, LiteralString] = {
    "bars": """
        select s.permanent_ticker, b.trade_date, b.open, b.high, b.low, b.close, b.volume,
            d.name, b.prev_date, b.vendor_return
        from raw.daily_bar_current as b
        inner join ref.security as s on b.security_id = s.security_id
        inner join ref.data_source as d on b.source_id = d.source_id
    """,
    "minutes": """
        select s.permanent_ticker, b.bar_at, b.open, b.high, b.low, b.close, b.volume
        from raw.minute_bar_current as b
        inner join ref.security as s on b.security_id = s.security_id
    """,
    "tickers": """
        select s.permanent_ticker, t.ticker, h.valid_from, h.valid_to, c.cik
        from ref.ticker_history as h
        inner join ref.ticker as t on h.ticker_id = t.ticker_id
        inner join ref.security as s on h.security_id = s.security_id
        left join ref.company as c on s.company_id = c.company_id
    """,
    "sectors": """
        select s.permanent_ticker, h.sector, h.industry, h.valid_from, h.valid_to
        from ref.sector_history as h
        inner join ref.security as s on h.security_id = s.security_id
    """,
    "universes": """
        select u.name, s.permanent_ticker, m.valid_from, m.valid_to
        from ref.universe_member as m
        inner join ref.universe as u on m.universe_id = u.universe_id
        inner join ref.security as s on m.security_id = s.security_id
    """,
    "facts": """
        select cik, taxonomy, tag, unit, period_start, period_end, accession, value
        from raw.company_fact
    """,
    "observations": """
        select series_id, observed_on, realtime_start, realtime_end, value
        from raw.fred_observation
    """,
}


def test_increments_equal_one_build(
    built_sample: BuiltSample, grown: Grown, days: list[date]
) -> None:
    dates = compare.sampled(days, days[-1], last=50)
    once = compare.values(built_sample.info, dates)
    assert compare.told(compare.differences(once, compare.values(grown.info, dates))) == ""


def test_risk_of_increments_equals_one_build(
    built_sample: BuiltSample, grown: Grown, days: list[date]
) -> None:
    dates = compare.sampled(days, days[-1], every=60, last=30)
    once = compare.risk_values(built_sample.info, dates)
    assert compare.told(compare.differences(once, compare.risk_values(grown.info, dates))) == ""


def test_coverage_of_increments(built_sample: BuiltSample, grown: Grown) -> None:
    assert _coverage(built_sample.info).equals(_coverage(grown.info))


def test_replaced_values_are_kept_as_revisions(grown: Grown) -> None:
    now = compare.values(grown.info, grown.disputed)
    changed = compare.differences(grown.published, now)
    changed = changed.filter(compare.differs("value"))
    assert grown.wrong.replace(".", "-") in changed["ticker"].to_list()
    assert "unemployment_change_1y" in changed["factor_id"].to_list()
    kept = _first_revisions(grown)
    both = changed.join(kept, on=compare.KEY, how="left", nulls_equal=True)
    # A rebuild may move a value by less than what counts as a revision, 1e-12 of it.
    superseded = both.with_columns(value_other=pl.col("old_value"))
    assert compare.told(superseded.filter(compare.differs("value"))) == ""
    final = both.filter(pl.col("n") == 1)
    assert final.filter(
        (pl.col("new_value") - pl.col("value_other")).abs() > 1e-9 * pl.col("new_value").abs()
    ).is_empty()
    assert both["load_id"].null_count() == 0


@pytest.mark.parametrize("factor_id", ["momentum_3m", "book_to_market", "reversal_1w"])
def test_values_as_of_are_those_published(grown: Grown, factor_id: str) -> None:
    for day in grown.disputed[::4]:
        published = grown.published.filter(
            (pl.col("factor_id") == factor_id) & (pl.col("trade_date") == day)
        )
        with psycopg.connect(grown.info) as conn:
            answered = conn.execute(
                "select s.permanent_ticker, v.value "
                "from marts.values_as_of(%s, %s, %s) as v "
                "inner join ref.security as s on v.security_id = s.security_id",
                [factor_id, day, grown.published_at],
            ).fetchall()
        expected = dict(zip(published["ticker"], published["value"], strict=True))
        assert dict(answered) == pytest.approx(expected, rel=1e-9)


def test_nothing_was_published_before_it_was_built(grown: Grown, days: list[date]) -> None:
    with psycopg.connect(grown.info) as conn:
        answered = conn.execute(
            "select count(*) from marts.values_as_of('momentum_3m', %s, %s)",
            [days[-1], grown.published_at],
        ).fetchone()
    assert answered == (0,)


def test_a_killed_build_is_entered_as_interrupted(grown: Grown) -> None:
    assert grown.killed[0] == ("running", None)
    assert grown.recovered[0] == ("done", None)
    status, error = grown.recovered[1]
    assert status == "failed"
    assert "interrupted" in str(error)


def test_the_ledger_after_increments(built_sample: BuiltSample, grown: Grown) -> None:
    query = (
        "select model, column_name, column_version, count(*), min(trade_date), max(trade_date), "
        "count(*) filter (where is_dirty) from ops.interval group by 1, 2, 3 order by 1, 2, 3"
    )
    with psycopg.connect(grown.info) as conn, psycopg.connect(built_sample.info) as other:
        own = conn.execute(query).fetchall()
        assert own == other.execute(query).fetchall()
        assert not any(row[-1] for row in own)
        assert conn.execute("select count(*) from ops.build where status = 'running'").fetchone() \
            == (0,)  # fmt: skip


def test_files_landed_in_reverse_and_twice(
    built_sample: BuiltSample, new_database: Callable[[], str]
) -> None:
    info = new_database()
    _land_in_reverse(info, built_sample.folder)
    settle(info)
    assert _land_in_reverse(info, built_sample.folder) == 0
    assert settle(info) == 0
    _assert_same_settled(built_sample.info, info)


def test_maps_that_land_after_bars_were_settled(
    built_sample: BuiltSample, new_database: Callable[[], str]
) -> None:
    info = new_database()
    dataset = datasets.read(ROOT / "datasets" / "sample.toml", built_sample.folder)
    late = ("ticker-map", "edgar-tickers", "sectors")
    bars = [item for item in dataset.items if item.kind == "bars"]
    for item in [*bars, *(item for item in dataset.items if item.kind in late)]:
        with database.connect("factorium_ingest", info=info) as conn:
            assert list(land_kind(conn, item.kind, item.path, **item.options))
        settle(info)
    former = pl.read_parquet(built_sample.folder / "truth" / "securities.parquet")
    renamed = former.filter(pl.col("former_ticker").is_not_null())
    names = {*renamed["ticker"], *renamed["former_ticker"]}
    expected, found = _ciks(built_sample.info), _ciks(info)
    assert {key: cik for key, cik in found.items() if key not in names} == {
        key: cik for key, cik in expected.items() if key not in names
    }


def _ciks(info: str) -> dict[str, int | None]:
    with psycopg.connect(info) as conn:
        return dict(
            conn.execute(
                "select s.permanent_ticker, c.cik from ref.security as s "
                "inner join ref.company as c on s.company_id = c.company_id"
            ).fetchall()
        )


def _land_in_reverse(info: str, folder: Path) -> int:
    dataset = datasets.read(ROOT / "datasets" / "sample.toml", folder)
    with database.connect("factorium_ingest", info=info) as conn:
        return sum(
            load.is_new
            for item in reversed(dataset.items)
            for load in land_kind(conn, item.kind, item.path, **item.options)
        )


def _assert_same_settled(left: str, right: str) -> None:
    with psycopg.connect(left) as one, psycopg.connect(right) as other:
        for name, query in SETTLED.items():
            hashed = sql_hash(query)
            assert one.execute(hashed).fetchone() == other.execute(hashed).fetchone(), name


def sql_hash(query: LiteralString) -> sql.Composed:
    """A query for the number of another's rows, and the hash of them in any order."""
    return sql.SQL(
        "select count(*), sum(hashtextextended(r::text, 0)::numeric) from ({}) as r"
    ).format(sql.SQL(query))


def _coverage(info: str) -> pl.DataFrame:
    with psycopg.connect(info) as conn:
        return compare.read_copy(conn, COVERAGE, {}, {})


def _first_revisions(grown: Grown) -> pl.DataFrame:
    """Of each value replaced since it was published the first old and the last new one."""
    query = """
        copy (
            select
                r.factor_id, coalesce(s.permanent_ticker, 'macro') as ticker, r.trade_date,
                (array_agg(r.old_value order by r.superseded_at))[1] as old_value,
                (array_agg(r.new_value order by r.superseded_at desc))[1] as new_value,
                max(r.load_id) as load_id, count(*) as n
            from marts.fct_factor_revisions as r
            left join ref.security as s on r.security_id = s.security_id
            where r.superseded_at > %(since)s
            group by 1, 2, 3
        ) to stdout (format csv, header)
    """
    numbers = {"old_value": pl.Float64, "new_value": pl.Float64, "n": pl.Int64}
    with psycopg.connect(grown.info) as conn:
        return compare.read_copy(conn, query, {"since": grown.published_at}, numbers)
