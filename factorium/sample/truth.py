"""What is true of a sample market: nobody who uses the warehouse reads this."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from factorium.sample import planted, tags
from factorium.sample.bars import Lines, retrieved_on
from factorium.sample.plan import CLASS_A_FRACTION, CLASSES, PERFORMANCE, SECTORS, SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.schedule import Schedule
from factorium.sample.sessions import Sessions
from factorium.sample.simulation import Paths
from factorium.sample.splits import Splits
from factorium.sample.statements import Statements

PLACEBO_PERSISTENCE = np.linspace(0.90, 0.998, len(planted.PLACEBOS))


@dataclass
class Known:
    """What a reader of the filings knew at each close, [market session, company].

    shares on the basis of the session, book equity (restated once it was known
    to be), and the quarter of the latest report (-1: none yet).
    """

    quarter: np.ndarray
    shares: np.ndarray
    book: np.ndarray


def known(schedule: Schedule, calendar: Sessions, paths: Paths, splits: Splits) -> Known:
    """Follow the reports through the market's sessions."""
    begin = calendar.first_bar - calendar.first_simulated
    after = np.concatenate([paths.known_quarter[begin + 1 :], paths.known_quarter[-1:]])
    quarter = after.astype(int)
    company = np.arange(quarter.shape[1])
    book = paths.book[company, quarter]
    at = np.arange(calendar.first_bar, len(calendar.days))[:, None]
    is_amended = (quarter == schedule.restated) & (at >= schedule.amended_known)
    book = np.where(is_amended, paths.restated_book, book)
    exists = schedule.exists[company, quarter]
    shares = paths.shares[company, quarter] * splits.factor[begin:]
    return Known(
        np.where(exists, quarter, -1),
        np.where(exists, shares, np.nan),
        np.where(exists, book, np.nan),
    )


def company_caps(own: Lines, facts: Known) -> np.ndarray:
    """Market cap by known shares, [market session, company], classes summed."""
    caps = own.close[:, :-1] * facts.shares
    twin = SPECIAL["two_classes"]
    caps[:, twin] *= CLASS_A_FRACTION
    caps[:, twin] += own.close[:, -1] * facts.shares[:, twin] * (1 - CLASS_A_FRACTION)
    return np.asarray(caps)


def placebos(sessions: int, companies: int, **market: int) -> np.ndarray:
    """Characteristics with no premium, [session, company, placebo]: AR(1), unit variance."""
    rng = stream("placebos", **market)
    drawn = rng.standard_normal((sessions, companies, len(planted.PLACEBOS)), np.float32)
    keep = PLACEBO_PERSISTENCE.astype(np.float32)
    fresh = np.sqrt(1 - keep**2)
    for session in range(1, sessions):
        drawn[session] = keep * drawn[session - 1] + fresh * drawn[session]
    return drawn


def write_truth(
    folder: Path, plan: Plan, schedule: Schedule, calendar: Sessions, *, paths: Paths,
    splits: Splits, own: Lines, statements: Statements, filings: pl.DataFrame, **market: int,
) -> None:  # fmt: skip
    """Write all truth tables and truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = known(schedule, calendar, paths, splits)
    tables = {
        "exposures": _exposures(plan, calendar, paths, **market),
        "returns": _returns(plan, calendar, paths),
        "factor_returns": _factor_returns(calendar, paths),
        "factor_covariance": _factor_covariance(),
        "caps": _caps(plan, own, facts),
        "splits": _splits(plan, calendar, splits),
        "quarterly_items": _quarterly_items(plan, schedule, paths, statements),
        "securities": _securities(plan, own),
        "filings": _filings(plan, calendar, filings),
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="lz4")
    summary = _summary(plan, schedule, calendar, paths, own, **market)
    (folder / "truth.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))


def _listed(plan: Plan, calendar: Sessions) -> np.ndarray:
    """Companies with a return on a session: listed at its previous close, [company, session]."""
    at = np.arange(calendar.first_bar, len(calendar.days))
    return (plan.listed[:, None] < at) & (plan.last[:, None] >= at)


def _keys(plan: Plan, calendar: Sessions, chosen: np.ndarray) -> dict[str, pl.Series]:
    company, session = np.nonzero(chosen)
    return {
        "ticker": pl.Series(plan.tickers).gather(company),
        "date": pl.Series(calendar.market[session]),
    }


def _exposures(plan: Plan, calendar: Sessions, paths: Paths, **market: int) -> pl.DataFrame:
    """Exposures at the previous close, for the return of `date`; placebos beside them."""
    begin = calendar.first_bar - calendar.first_simulated
    chosen = _listed(plan, calendar)
    drawn = placebos(len(calendar.market), plan.count, **market)
    columns: dict[str, Any] = _keys(plan, calendar, chosen)
    for number, style in enumerate(planted.STYLES):
        columns[style] = paths.exposures[begin:, :, number].T[chosen]
    for number, name in enumerate(planted.PLACEBOS):
        columns[name] = drawn[:, :, number].T[chosen]
    return pl.DataFrame(columns)


def _returns(plan: Plan, calendar: Sessions, paths: Paths) -> pl.DataFrame:
    begin = calendar.first_bar - calendar.first_simulated
    chosen = _listed(plan, calendar)
    columns: dict[str, Any] = _keys(plan, calendar, chosen)
    for name in ("total_return", "specific_return", "specific_volatility"):
        columns[name] = getattr(paths, name)[begin:].T[chosen]
    return pl.DataFrame(columns)


def _factor_returns(calendar: Sessions, paths: Paths) -> pl.DataFrame:
    begin = calendar.first_bar - calendar.first_simulated
    returns = paths.factor_returns[begin:]
    columns: dict[str, Any] = {"date": calendar.market}
    columns |= {name: returns[:, number] for number, name in enumerate(planted.FACTORS)}
    columns["common_volatility"] = paths.common_volatility[begin:]
    return pl.DataFrame(columns)


def _factor_covariance() -> pl.DataFrame:
    """Daily covariance in normal times; that of a day is it times common_volatility²."""
    matrix, names = planted.covariance(), list(planted.FACTORS)
    return pl.DataFrame(
        {
            "factor_a": [name for name in names for _ in names],
            "factor_b": names * len(names),
            "covariance": matrix.ravel(),
        }
    )


def _caps(plan: Plan, own: Lines, facts: Known) -> pl.DataFrame:
    """Caps by the shares known at the close; nulls before the first report."""
    chosen = own.listed().T
    line, session = np.nonzero(chosen)
    fraction = np.ones(own.count)
    fraction[SPECIAL["two_classes"]], fraction[-1] = CLASS_A_FRACTION, 1 - CLASS_A_FRACTION
    shares = facts.shares[:, own.company] * fraction
    names = pl.Series([*plan.tickers, CLASSES[1]])
    columns = {
        "ticker": names.gather(line),
        "date": own.days[session],
        "close": own.close.T[chosen],
        "split_factor": own.factor.T[chosen],
        "shares": shares.T[chosen],
        "line_cap_usd": (own.close * shares).T[chosen],
        "company_cap_usd": company_caps(own, facts)[:, own.company].T[chosen],
        "book_equity": facts.book[:, own.company].T[chosen],
    }
    return pl.DataFrame(columns).fill_nan(None)


def _splits(plan: Plan, calendar: Sessions, splits: Splits) -> pl.DataFrame:
    rows = [
        (plan.tickers[split.company], calendar.days[split.session].astype(object), split.ratio)
        for split in splits.events
    ]
    schema = {"ticker": pl.String, "ex_date": pl.Date, "ratio": pl.Float64}
    return pl.DataFrame(rows, orient="row", schema=schema)


def _quarterly_items(
    plan: Plan, schedule: Schedule, paths: Paths, statements: Statements
) -> pl.DataFrame:
    """One row per company, quarter and version; null where an item is not reported.

    Shares and dividends per share are on the first session's split basis.
    """
    rows = [*range(plan.count), *statements.restated_row.values()]
    company = np.array([*range(plan.count), *statements.restated_row])
    quarters = schedule.end.shape[1]
    exists = schedule.exists[company] | (np.arange(quarters) == schedule.restated[company][:, None])
    is_restated = np.arange(len(rows)) >= plan.count
    only_restated = np.arange(quarters) == schedule.restated[company][:, None]
    chosen = np.where(is_restated[:, None], only_restated, exists)
    row, quarter = np.nonzero(chosen)
    columns: dict[str, Any] = {
        "cik": plan.cik[company[row]],
        "period_start": schedule.start[company[row], quarter],
        "period_end": schedule.end[company[row], quarter],
        "is_restated": is_restated[row],
        "dividends_per_share": paths.dividend_per_share[company[row], quarter],
    }
    for concept in tags.CONCEPTS:
        if concept.span == tags.SHARE:
            continue
        values = statements.items[concept.item][row, quarter]
        reported = statements.reports[concept.item][company[row]]
        columns[concept.item] = pl.select(
            pl.when(pl.Series(reported)).then(pl.Series(values))
        ).to_series()
    return pl.DataFrame(columns)


def _securities(plan: Plan, own: Lines) -> pl.DataFrame:
    company = own.company
    reasons = [plan.delisting_reason.get(number) for number in company.tolist()]
    returns = [plan.delisting_return.get(number) for number in company.tolist()]
    return pl.DataFrame(
        {
            "ticker": [*plan.tickers, CLASSES[1]],
            "cik": plan.cik[company],
            "name": [plan.names[number] for number in company],
            "sector": [SECTORS[number] for number in plan.sector[company]],
            "industry": [plan.industries[number] for number in company],
            "first_bar": own.days[own.first],
            "last_bar": own.days[own.last],
            "former_ticker": [plan.former_tickers.get(line) for line in range(own.count)],
            "delisting_reason": pl.Series(reasons, dtype=pl.String),
            "delisting_return": pl.Series(returns, dtype=pl.Float64),
            "has_new_york_file": plan.new_york_file[company],
        }
    )


def _filings(plan: Plan, calendar: Sessions, filings: pl.DataFrame) -> pl.DataFrame:
    return filings.select(
        pl.Series("cik", plan.cik[filings["company"].to_numpy()]),
        "accession", "form", "period", "filed_on",
        pl.col("accepted_at").dt.replace_time_zone("UTC"),
        pl.Series("known_on", calendar.days[filings["known"].to_numpy()]),
    )  # fmt: skip


def _summary(
    plan: Plan, schedule: Schedule, calendar: Sessions, paths: Paths, own: Lines, **market: int
) -> dict[str, Any]:
    begin = calendar.first_bar - calendar.first_simulated
    jump = planted.jump_session(len(calendar.simulated), begin)
    return {
        **market,
        "first_session": str(own.days[0]),
        "last_session": str(own.days[-1]),
        "premia_annual": {
            "market": planted.MARKET[0],
            **{name: premium for name, (premium, _) in planted.STYLES.items()},
        },
        "volatility_annual": {name: size for name, (_, size) in planted.STYLES.items()},
        "placebos": list(planted.PLACEBOS),
        "garch": {"alpha": planted.GARCH_ALPHA, "beta": planted.GARCH_BETA},
        "tail_degrees": planted.TAIL_DEGREES,
        "volatility_jump": {
            "date": str(calendar.simulated[jump]),
            "factor": planted.JUMP_SIZE,
            "half_life_sessions": planted.JUMP_HALF_LIFE,
        },
        "vendor_retrieved_on": str(retrieved_on(own)),
        "special": {
            name: {"ticker": plan.tickers[number], "cik": int(plan.cik[number])}
            for name, number in plan.special.items()
        },
        "restated": _restated(plan, schedule, calendar),
        "late": [int(plan.cik[number]) for number in np.flatnonzero(schedule.late >= 0)],
        "delisted_for_performance": sorted(
            plan.tickers[number]
            for number, reason in plan.delisting_reason.items()
            if reason == PERFORMANCE
        ),
        "spinoff": {
            "ticker": plan.tickers[SPECIAL["spinoff"]],
            "date": str(calendar.simulated[paths.spinoff_session]),
        },
    }


def _restated(plan: Plan, schedule: Schedule, calendar: Sessions) -> list[dict[str, Any]]:
    return [
        {
            "cik": int(plan.cik[number]),
            "period_end": str(schedule.end[number, schedule.restated[number]]),
            "known_on": str(calendar.days[schedule.amended_known[number]]),
        }
        for number in np.flatnonzero(schedule.restated >= 0).tolist()
    ]
