"""Index membership, sectors, ticker maps and SEC's ticker list of a sample market."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import orjson
import polars as pl

from factorium.sample.bars import Lines
from factorium.sample.plan import CLASS_A_FRACTION, CLASSES, SECTORS, SPECIAL, Plan
from factorium.sample.sessions import Sessions

INDEX_SIZE = 500
Spell = tuple[int, int, int | None]  # company, first session, session of removal


def write_universe(
    folder: Path, plan: Plan, own: Lines, calendar: Sessions, caps: np.ndarray
) -> None:
    """Write sp500.csv, sectors.csv, ticker_map.csv and share_classes.csv.

    caps: company market caps, [market session, company]. All ranges exclude
    their last day; an empty end means until further notice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    maps = _ticker_map(plan, own, calendar)
    maps.write_csv(folder / "ticker_map.csv")
    _members(plan, own, calendar, caps, maps).write_csv(folder / "sp500.csv")
    _sectors(plan).write_csv(folder / "sectors.csv")
    pl.DataFrame(
        {
            "cik": [int(plan.cik[SPECIAL["two_classes"]])] * 2,
            "ticker": CLASSES,
            "share_class": ["A", "B"],
            "fraction_of_shares": [CLASS_A_FRACTION, 1 - CLASS_A_FRACTION],
        }
    ).write_csv(folder / "share_classes.csv")


def write_company_tickers(path: Path, plan: Plan) -> None:
    """Write `company_tickers_exchange.json`: who is listed at the market's end."""
    rows = []
    for company in range(plan.count):
        if company in plan.delisting_reason:
            continue
        # SEC writes share classes with a hyphen, the bars with a dot.
        tickers = [plan.tickers[company].replace(".", "-")]
        if company == SPECIAL["two_classes"]:
            tickers.append(CLASSES[1].replace(".", "-"))
        rows += [
            [int(plan.cik[company]), plan.names[company], ticker, plan.exchanges[company]]
            for ticker in tickers
        ]
    path.write_bytes(orjson.dumps({"fields": ["cik", "name", "ticker", "exchange"], "data": rows}))


def _sectors(plan: Plan) -> pl.DataFrame:
    company = [*range(plan.count), SPECIAL["two_classes"]]
    return pl.DataFrame(
        {
            "ticker": [*plan.tickers, CLASSES[1]],
            "cik": [int(plan.cik[number]) for number in company],
            "name": [plan.names[number] for number in company],
            "sector": [SECTORS[plan.sector[number]] for number in company],
            "industry": [plan.industries[number] for number in company],
        }
    )


def _ticker_map(plan: Plan, own: Lines, calendar: Sessions) -> pl.DataFrame:
    """Every line's tickers with their validity; `permanent_ticker` is the last one."""
    names = [*plan.tickers, CLASSES[1]]
    rows = []
    for line, company in enumerate(own.company.tolist()):
        starts, ticker = own.days[own.first[line]].astype(object), names[line]
        ends = None
        if company in plan.delisting_reason:
            ends = own.days[own.last[line] + 1].astype(object)
        spells: list[tuple[str, date, date | None]] = [(ticker, starts, ends)]
        if line in plan.former_tickers:
            changed = calendar.days[plan.renamed[company]].astype(object)
            spells = [
                (plan.former_tickers[line], starts, changed),
                (ticker, changed, ends),
            ]
        rows += [
            (ticker, spell, first, last, plan.exchanges[company], int(plan.cik[company]))
            for spell, first, last in spells
        ]
    return pl.DataFrame(
        rows,
        orient="row",
        schema={
            "permanent_ticker": pl.String, "ticker": pl.String, "valid_from": pl.Date,
            "valid_to": pl.Date, "exchange": pl.String, "cik": pl.Int64,
        },
    )  # fmt: skip


def _members(
    plan: Plan, own: Lines, calendar: Sessions, caps: np.ndarray, maps: pl.DataFrame
) -> pl.DataFrame:
    """Spells of the largest companies, reviewed at the first bar and every June."""
    spells = _spells(plan, own, caps)
    names = [*plan.tickers, CLASSES[1]]
    rows = []
    for company, first, removed in spells:
        starts = calendar.days[0] if first == 0 else own.days[first]
        ends = None if removed is None else own.days[removed]
        renamed = plan.renamed[company]
        changed = calendar.days[renamed] if renamed else None
        former = plan.former_tickers.get(company, names[company])
        if changed is None or changed <= starts:
            rows.append((names[company], starts, ends))
        elif ends is not None and ends <= changed:
            rows.append((former, starts, ends))
        else:
            rows += [(former, starts, changed), (names[company], changed, ends)]
    ticker, start, end = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "ticker": ticker,
            "start_date": pl.Series([str(day) for day in start]).str.to_date(),
            "end_date": pl.Series(
                [None if day is None else str(day) for day in end], dtype=pl.String
            ).str.to_date(),
        }
    ).sort("ticker", "start_date")


def _spells(plan: Plan, own: Lines, caps: np.ndarray) -> list[Spell]:
    """Membership spells; a delisted company leaves on the session after its last bar."""
    size = min(INDEX_SIZE, max(plan.count // 2, 1))
    listed = own.listed()[:, : plan.count]
    open_since: dict[int, int] = {}
    spells: list[Spell] = []
    reviews = _reviews(own.days)
    for session in reviews:
        ranked = np.argsort(np.where(listed[session], -caps[session], np.inf), kind="stable")
        members = {int(number) for number in ranked[:size] if listed[session, number]}
        for company in sorted(set(open_since) - members):
            gone = min(session, int(own.last[company]) + 1)
            spells.append((company, open_since.pop(company), gone))
        for company in sorted(members - set(open_since)):
            open_since[company] = session
    for company, first in sorted(open_since.items()):
        left = int(own.last[company]) + 1
        spells.append((company, first, left if left < len(own.days) else None))
    return spells


def _reviews(days: np.ndarray) -> list[int]:
    """The first session, and the last one of every June."""
    months = days.astype("datetime64[M]").astype(int) % 12
    ends = np.flatnonzero((months[:-1] == 5) & (months[1:] == 6))
    return [0, *(end for end in ends.tolist() if end > 0)]
