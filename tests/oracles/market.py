"""Market cap, book-to-market and 12-1 momentum again, in polars, from a market's raw files.

Written from the rules in docs/point-in-time.md. Reads Parquet, CSV and EDGAR's JSON by
itself and asks the warehouse nothing: sessions come from the exchange's calendar, tickers
from the map, acceptance times and share counts from the filings.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import exchange_calendars
import polars as pl

NEW_YORK = ZoneInfo("America/New_York")
UTC = ZoneInfo("UTC")
OPENING, CLOSING, CUTOFF = time(6), time(22, 1), time(17, 31)
CUTOFF_FORMS = {"10-K", "10-Q", "8-K", "20-F"}
FORMS = {"10-K", "10-Q", "10-KT", "10-QT", "20-F", "40-F"}
FRESH = 200
COUNTS = [
    ("dei", "EntityCommonStockSharesOutstanding", 1),
    ("us-gaap", "CommonStockSharesOutstanding", 2),
    ("us-gaap", "WeightedAverageNumberOfSharesOutstandingBasic", 3),
]
EQUITY, PREFERRED = "StockholdersEquity", "PreferredStockValue"
FACTS = {
    "cik": pl.Int64, "tag": pl.String, "source": pl.Int64, "accession": pl.String,
    "days": pl.Int64, "end": pl.Date, "value": pl.Float64, "known_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class Market:
    """A folder that `factorium sample` wrote."""

    folder: Path

    @cached_property
    def sessions(self) -> pl.DataFrame:
        """session, close_at."""
        schedule = exchange_calendars.get_calendar("XNYS", start="2005-01-01").schedule
        closes = [close.to_pydatetime() for close in schedule["close"]]
        return pl.DataFrame(
            {"session": [close.astimezone(NEW_YORK).date() for close in closes], "close_at": closes}
        ).with_columns(pl.col("close_at").dt.cast_time_unit("us").set_sorted())

    @cached_property
    def bars(self) -> pl.DataFrame:
        """ticker (the permanent one), date, close as traded, adj_close of the vendor or null."""
        keys = ["ticker", "date"]
        own = self._prices("daily_bars").select(*keys, "close")
        vendor = self._prices("vendor_adjusted").select(*keys, "adj_close")
        return own.join(vendor, on=keys, how="left").sort(keys)

    @cached_property
    def actions(self) -> pl.DataFrame:
        """ticker, ex_date, kind, ratio, amount_usd."""
        path = self.folder / "prices" / "corporate_actions.csv"
        raw = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        return self._permanent(raw, "ex_date").with_columns(
            pl.col("ratio", "amount_usd").cast(pl.Float64)
        )

    @cached_property
    def lines(self) -> pl.DataFrame:
        """ticker, cik: every listed line."""
        return self._map.select("cik", ticker="permanent_ticker").unique()

    @cached_property
    def _map(self) -> pl.DataFrame:
        path = self.folder / "universe" / "ticker_map.csv"
        return pl.read_csv(path, try_parse_dates=True).with_columns(
            pl.col("valid_from", "valid_to").cast(pl.Date)
        )

    def _prices(self, name: str) -> pl.DataFrame:
        return self._permanent(pl.read_parquet(self.folder / "prices" / f"{name}.parquet"), "date")

    def _permanent(self, frame: pl.DataFrame, day: str) -> pl.DataFrame:
        """Tickers of a day as the permanent ones of the map."""
        joined = frame.join(self._map, on="ticker", how="inner").filter(
            pl.col(day) >= pl.col("valid_from"),
            pl.col("valid_to").is_null() | (pl.col(day) < pl.col("valid_to")),
        )
        return joined.with_columns(ticker=pl.col("permanent_ticker"))

    @cached_property
    def facts(self) -> pl.DataFrame:
        """Share counts and equities of periodic reports, with the session they are known from."""
        accepted = dict(self._acceptances())
        frame = pl.DataFrame(self._facts(accepted), schema=FACTS, orient="row")
        return (
            frame.sort("known_at")
            .join_asof(
                self.sessions.rename({"session": "known_on"}),
                left_on="known_at", right_on="close_at", strategy="forward",
            )
            .drop_nulls("known_on")
        )  # fmt: skip

    def _acceptances(self) -> Iterator[tuple[str, datetime]]:
        """Accession and moment of acceptance, each file read by its own clock."""
        for path in sorted((self.folder / "edgar" / "submissions").glob("*.json")):
            page = json.loads(path.read_text())
            rows = page["filings"]["recent"] if "filings" in page else page
            filings = list(
                zip(
                    rows["accessionNumber"], rows["form"],
                    map(date.fromisoformat, rows["filingDate"]),
                    (datetime.fromisoformat(text[:19]) for text in rows["acceptanceDateTime"]),
                    strict=True,
                )
            )  # fmt: skip
            clock = _clock([row[1:] for row in filings])
            for accession, _, _, wall in filings:
                yield accession, wall.replace(tzinfo=clock).astimezone(UTC)

    def _facts(self, accepted: dict[str, datetime]) -> Iterator[tuple[Any, ...]]:
        wanted = [*COUNTS, ("us-gaap", EQUITY, 0), ("us-gaap", PREFERRED, 0)]
        with zipfile.ZipFile(self.folder / "edgar" / "companyfacts.zip") as archive:
            for member in archive.namelist():
                company = json.loads(archive.read(member))
                for taxonomy, tag, source in wanted:
                    units = company["facts"].get(taxonomy, {}).get(tag, {}).get("units", {})
                    for fact in (fact for facts in units.values() for fact in facts):
                        if fact["form"].removesuffix("/A") not in FORMS:
                            continue
                        end = date.fromisoformat(fact["end"])
                        start = date.fromisoformat(fact.get("start", fact["end"]))
                        yield (
                            company["cik"], tag, source, fact["accn"], (end - start).days, end,
                            float(fact["val"]), accepted[fact["accn"]],
                        )  # fmt: skip

    def prices(self) -> pl.DataFrame:
        """ticker, date, close, split_index, momentum_12m_1m of every bar."""
        bars = self._with_events()
        before = pl.col("close").shift(1).over("ticker")
        paid = pl.col("close") * pl.col("split") / pl.col("spinoff") + pl.col("dividend")
        vendor = pl.col("adj_close") / pl.col("adj_close").shift(1).over("ticker")
        index = pl.col("growth").cum_prod().over("ticker")
        return (
            bars.with_columns(growth=pl.coalesce(vendor, paid / before, 1.0))
            .with_columns(index=index, split_index=pl.col("split").cum_prod().over("ticker"))
            .with_columns(
                momentum_12m_1m=(
                    pl.col("index").shift(21) / pl.col("index").shift(252)
                ).over("ticker") - 1
            )
            .select("ticker", "date", "close", "split_index", "momentum_12m_1m")
        )  # fmt: skip

    def _with_events(self) -> pl.DataFrame:
        """Bars with the events between the bar before and them; none on a first bar."""
        first = self.bars.group_by("ticker").agg(first=pl.col("date").min())
        days = self.bars.select("ticker", day="date").sort("day")
        events = (
            self.actions.join(first, on="ticker")
            .filter(pl.col("ex_date") > pl.col("first"))
            .sort("ex_date")
            .join_asof(
                days,
                left_on="ex_date",
                right_on="day",
                by="ticker",
                strategy="forward",
                check_sortedness=False,
            )
            .group_by("ticker", date="day")
            .agg(
                split=pl.col("ratio").filter(pl.col("kind") == "split").product(),
                spinoff=pl.col("ratio").filter(pl.col("kind") == "spinoff").product(),
                dividend=pl.col("amount_usd").filter(pl.col("kind") == "dividend").sum(),
            )
        )
        return (
            self.bars.join(events, on=["ticker", "date"], how="left")
            .with_columns(pl.col("split", "spinoff").fill_null(1.0))
            .with_columns(pl.col("dividend").fill_null(0.0))
            .sort("ticker", "date")
        )

    def shares(self) -> pl.DataFrame:
        """cik, date, shares as filed and the day they count: the count in force each session."""
        counts = self.facts.filter(pl.col("source") > 0, pl.col("value").is_between(1e5, 1e11))
        in_force = [
            _count_in_force(counts.filter(pl.col("cik") == cik), self._days)
            for cik in sorted(counts["cik"].unique())
        ]
        return pl.concat(in_force)

    def book_equity(self) -> pl.DataFrame:
        """cik, date, book_equity: of the latest period known, as known last."""
        equity = self.facts.filter(pl.col("tag") == EQUITY)
        preferred = self.facts.filter(pl.col("tag") == PREFERRED)
        common = (
            equity.join(
                preferred.select("accession", "end", preferred="value"),
                on=["accession", "end"], how="left",
            )
            .with_columns(shows=pl.col("accession").is_in(preferred["accession"].implode()))
            .with_columns(
                value=pl.when("shows")
                .then(pl.col("value") - pl.col("preferred"))
                .otherwise("value")
            )
            .drop_nulls("value")
        )  # fmt: skip
        latest = [
            _known_each_day(common.filter(pl.col("cik") == cik), self._days)
            .sort("end", "known_at", "accession")
            .group_by("cik", "date").last()
            for cik in sorted(common["cik"].unique())
        ]  # fmt: skip
        return pl.concat(latest).select("cik", "date", book_equity="value")

    @property
    def _days(self) -> pl.DataFrame:
        return self.bars.select("date").unique().sort("date")

    def caps(self) -> pl.DataFrame:
        """ticker, date, line_cap, company_cap, book_to_market; null where nothing is known.

        A company's total is priced by its first line and spread evenly over its lines.
        """
        splits = self.actions.filter(pl.col("kind") == "split").select("ticker", "ex_date", "ratio")
        counted = (
            self.prices()
            .join(self.lines, on="ticker")
            .join(self.shares(), on=["cik", "date"], how="left")
        )
        keys = ["ticker", "date", "as_of"]
        since = (
            counted.select(keys)
            .drop_nulls()
            .join(splits, on="ticker")
            .filter(
                pl.col("ex_date") > pl.min_horizontal("as_of", "date"),
                pl.col("ex_date") <= pl.max_horizontal("as_of", "date"),
            )
            .with_columns(
                ratio=pl.when(pl.col("ex_date") > pl.col("as_of"))
                .then("ratio")
                .otherwise(1 / pl.col("ratio"))
            )
            .group_by(keys)
            .agg(split=pl.col("ratio").product())
        )
        lines, first = pl.len().over("cik", "date"), pl.col("ticker").min().over("cik")
        return (
            counted.join(since, on=keys, how="left")
            .with_columns(cap=pl.col("close") * pl.col("shares") * pl.col("split").fill_null(1.0))
            .with_columns(
                company_cap=pl.col("cap").filter(pl.col("ticker") == first).first()
                .over("cik", "date")
            )
            .with_columns(line_cap=pl.col("company_cap") / lines)
            .join(self.book_equity(), on=["cik", "date"], how="left")
            .with_columns(
                book_to_market=pl.when(pl.col("company_cap") > 0)
                .then(pl.col("book_equity") / pl.col("company_cap"))
            )
            .select("ticker", "date", "line_cap", "company_cap", "book_to_market")
        )  # fmt: skip


def _clock(filings: list[tuple[str, date, datetime]]) -> ZoneInfo:
    """How a submissions file writes acceptance times; New York, the later, when unclear."""
    broken = {
        zone: sum(
            _is_impossible(form, filed, wall.replace(tzinfo=zone).astimezone(NEW_YORK))
            for form, filed, wall in filings
        )
        for zone in (UTC, NEW_YORK)
    }
    is_utc = broken[NEW_YORK] >= 2 and broken[NEW_YORK] > 2 * broken[UTC]
    return UTC if is_utc else NEW_YORK


def _is_impossible(form: str, filed: date, accepted: datetime) -> bool:
    """Whether EDGAR is closed then, or would have given the next day's filing date."""
    at = accepted.time()
    is_late = form in CUTOFF_FORMS and at > CUTOFF and accepted.date() == filed
    return not OPENING <= at <= CLOSING or is_late


def _known_each_day(facts: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Each fact on each day from which it is known to 18 months after what it is about."""
    return facts.join(days, how="cross").filter(
        pl.col("known_on") <= pl.col("date"),
        pl.col("date") <= pl.col("end").dt.offset_by("18mo"),
    )


def _count_in_force(counts: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The freshest count of the best source; one older than 200 days is a last resort."""
    is_old = pl.col("date") - pl.col("end") >= timedelta(days=FRESH)
    return (
        _known_each_day(counts, days)
        .sort("end", "known_on", -pl.col("days"), "known_at")
        .group_by("date", "source")
        .last()
        .sort(pl.col("date"), is_old, pl.col("source"))
        .group_by("date", maintain_order=True)
        .first()
        .select("cik", "date", shares="value", as_of="end")
    )
