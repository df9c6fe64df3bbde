"""A second implementation of fundamentals as known: plain loops over the vendor's JSON.

Reads companyfacts and submissions by itself, knows nothing of the warehouse's SQL or
its concept map (tags are given per company by the tests), and recomputes everything
from scratch for every date it is asked about.
"""

from __future__ import annotations

import gzip
import json
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FORMS = {"10-K", "10-Q", "10-KT", "10-QT", "20-F", "40-F"}
SLACK = 16


@dataclass(frozen=True)
class Fact:
    """One fact of one filing."""

    start: date | None
    end: date
    accession: str
    value: float
    known_on: date
    known_at: datetime

    @property
    def days(self) -> int:
        return 0 if self.start is None else (self.end - self.start).days + 1


@dataclass(frozen=True)
class Company:
    """A company's recorded files. `clock` is how its submissions write acceptance times."""

    folder: Path
    cik: int
    sessions: list[tuple[date, datetime]]
    clock: ZoneInfo

    @cached_property
    def payload(self) -> dict:
        paths = sorted((self.folder / "companyfacts").glob(f"CIK{self.cik:010d}*.json.gz"))
        return _read(paths[-1])

    @cached_property
    def accepted(self) -> dict[str, datetime]:
        times = {}
        for path in (self.folder / "submissions").glob(f"CIK{self.cik:010d}*.json.gz"):
            page = _read(path)
            rows = page["filings"]["recent"] if "filings" in page else page
            for accession, text in zip(
                rows["accessionNumber"], rows["acceptanceDateTime"], strict=True
            ):
                wall = datetime.fromisoformat(text[:19])
                times[accession] = wall.replace(tzinfo=self.clock).astimezone(UTC)
        return times

    @cached_property
    def recasts(self) -> set[str]:
        """8-Ks under item 8.01 (or 9.01 alone) about a fiscal year reported before."""
        declared = set()
        for path in (self.folder / "submissions").glob(f"CIK{self.cik:010d}*.json.gz"):
            page = _read(path)
            rows = page["filings"]["recent"] if "filings" in page else page
            for accession, form, items in zip(
                rows["accessionNumber"], rows["form"], rows["items"], strict=True
            ):
                if form.startswith("8-K") and ("8.01" in items or items in ("9.01", "")):
                    declared.add(accession)
        reported: dict[tuple[str, str], str] = {}
        recast: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for tags in self.payload["facts"]["us-gaap"].values():
            for row in (row for rows in tags["units"].values() for row in rows):
                period = (row.get("start", ""), row["end"])
                if not row.get("start") or not 350 <= _days(*period) <= 380:
                    continue
                if row["form"].removesuffix("/A") in FORMS:
                    reported[period] = min(reported.get(period, "9999"), row["filed"])
                elif row["accn"] in declared:
                    recast.setdefault(period, []).append((row["accn"], row["filed"]))
        return {
            accession
            for period, filings in recast.items()
            for accession, filed in filings
            if reported.get(period, "9999") < filed
        }

    def usable(self, accession: str, filed: date) -> tuple[date, datetime]:
        """The first session whose close comes after the filing, and when it came."""
        if accession in self.accepted:
            moment = self.accepted[accession]
            index = bisect_left([close for _, close in self.sessions], moment)
            return self.sessions[index][0], moment
        index = bisect_left([day for day, _ in self.sessions], filed + timedelta(days=1))
        day, close = self.sessions[index]
        return day, close - timedelta(hours=6)

    def facts(self, tags: list[str], taxonomy: str = "us-gaap") -> list[Fact]:
        """Facts of an item: of each filing, those of the one tag it speaks by."""
        by_filing: dict[str, dict[str, list[Fact]]] = {}
        for tag in tags:
            units = self.payload["facts"].get(taxonomy, {}).get(tag, {}).get("units", {})
            for row in (row for rows in units.values() for row in rows):
                filed, end = date.fromisoformat(row["filed"]), date.fromisoformat(row["end"])
                start = date.fromisoformat(row["start"]) if "start" in row else None
                form = row["form"].removesuffix("/A")
                counts = form in FORMS or (form == "8-K" and row["accn"] in self.recasts)
                if not counts or end > filed:
                    continue
                known_on, known_at = self.usable(row["accn"], filed)
                by_filing.setdefault(row["accn"], {}).setdefault(tag, []).append(
                    Fact(start, end, row["accn"], float(row["val"]), known_on, known_at)
                )
        return [fact for spoken in by_filing.values() for fact in _main_tag(spoken)]


def _main_tag(spoken: dict[str, list[Fact]]) -> list[Fact]:
    """The tag with the most amounts at the latest period end; the first of equal ones."""
    latest_end = max(fact.end for facts in spoken.values() for fact in facts)
    return max(spoken.values(), key=lambda facts: sum(fact.end == latest_end for fact in facts))


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days + 1


def _read(path: Path) -> dict:
    with gzip.open(path) as file:
        return json.load(file)


def near(a: date, b: date) -> bool:
    return abs((a - b).days) <= SLACK


def latest(facts: list[Fact]) -> Fact | None:
    """The vintage known last."""
    return max(facts, key=lambda f: (f.known_on, f.known_at, f.accession), default=None)


def balance(facts: list[Fact], day: date) -> float | None:
    """A stock on a day: its latest date known, in the vintage known last."""
    known = [fact for fact in facts if fact.known_on <= day]
    if not known:
        return None
    end = max(fact.end for fact in known)
    return None if _is_old(end, day) else latest([f for f in known if f.end == end]).value


def trailing(facts: list[Fact], day: date) -> float | None:
    """Twelve months up to the latest period end known."""
    known = [f for f in facts if f.known_on <= day and f.days >= 20]
    if not known:
        return None
    end = max(f.end for f in known)
    return None if _is_old(end, day) else trailing_at(known, end)


def trailing_year_before(facts: list[Fact], day: date) -> float | None:
    """The twelve months a year before those, as known on the same day."""
    known = [f for f in facts if f.known_on <= day and f.days >= 20]
    if trailing(facts, day) is None:
        return None
    end = max(f.end for f in known) - timedelta(days=365)
    for candidate in sorted({f.end for f in known if near(f.end, end)}):
        if (value := trailing_at(known, candidate)) is not None:
            return value
    return None


def trailing_at(known: list[Fact], end: date) -> float | None:
    """Fiscal year; year + year to date - the same filing's prior one; four quarters."""
    years = [f for f in known if 350 <= f.days <= 380]
    if year := latest([f for f in years if f.end == end]):
        return year.value
    if (value := _rolled(known, years, end)) is not None:
        return value
    total, finish, first = 0.0, end, None
    for _ in range(4):
        quarter = quarter_at(known, finish)
        if quarter is None:
            return None
        total, first, finish = total + quarter[0], quarter[1], quarter[1] - timedelta(days=1)
        finish = _quarter_end_near(known, finish)
    return total if 350 <= (end - first).days + 1 <= 380 else None


def _rolled(known: list[Fact], years: list[Fact], end: date) -> float | None:
    pairs = []
    for current in (f for f in known if f.end == end and f.days < 346):
        for before in known:
            if (
                before.accession == current.accession
                and near(before.start, current.start - timedelta(days=365))
                and near(before.end, current.end - timedelta(days=365))
            ):
                pairs.append((current, before))
    pairs.sort(key=lambda pair: (pair[0].known_at, pair[0].accession), reverse=True)
    for current, before in pairs:
        year = latest([y for y in years if near(y.end, current.start - timedelta(days=1))])
        if year is not None:
            return year.value + current.value - before.value
    return None


def quarter(facts: list[Fact], day: date) -> float | None:
    """The quarter that ends with the latest period known."""
    known = [f for f in facts if f.known_on <= day and f.days >= 20]
    if not known:
        return None
    end = max(f.end for f in known)
    found = None if _is_old(end, day) else quarter_at(known, end)
    return found and found[0]


def quarter_at(known: list[Fact], end: date) -> tuple[float, date] | None:
    """A quarter's amount and first day: reported, else between two year-to-dates."""
    ending = [f for f in known if f.end == end]
    if reported := latest([f for f in ending if 77 <= f.days <= 124]):
        return reported.value, reported.start
    for longer in sorted(
        (f for f in ending if 150 <= f.days <= 380), key=lambda f: f.known_at, reverse=True
    ):
        shorter = latest(
            [f for f in known if near(f.start, longer.start) and 77 <= (end - f.end).days <= 124]
        )
        if shorter is not None:
            return longer.value - shorter.value, shorter.end + timedelta(days=1)
    return None


def _quarter_end_near(known: list[Fact], day: date) -> date:
    ends = {f.end for f in known if near(f.end, day)}
    return min(ends, key=lambda end: abs((end - day).days), default=day)


def _is_old(end: date, day: date) -> bool:
    """Past eighteen months after the period."""
    month = end.month + 6
    year, month = end.year + 1 + (month - 1) // 12, (month - 1) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return day > date(year, month, min(end.day, last))
