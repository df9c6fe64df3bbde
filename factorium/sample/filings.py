"""The filings of the sample companies, and EDGAR's `submissions` files.

Beside the periodic reports there are earnings releases (8-K, item 2.02), other
8-Ks, insiders' Forms 4, proxies and notices of late filing. A third of the
files carry New York time under a Z, the others UTC; all but one company's show
by their early or late filings which.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from factorium.sample.plan import INDUSTRY_SIC, SECTORS, SIC, SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.schedule import Schedule, filing_session, known_session
from factorium.sample.sessions import Sessions
from factorium.sample.simulation import Progress
from factorium.sample.splits import Splits

# Older filings of these companies are in a second file, as EDGAR does past 1,000.
PAGINATED_EVERY, RECENT_FILINGS = 10, 60


@dataclass(frozen=True)
class Report:
    """A periodic report as its facts need it.

    `tail` is the end of each fact's JSON, from the accession number on, without
    the closing brace; `order` counts the company's reports by acceptance.
    """

    quarter: int
    order: int
    accession: str
    form: str
    is_annual: bool
    is_transition: bool
    knows_restated: bool
    split_factor: float
    cover_date: str
    cover_quarter: int
    cover_factor: float
    tail: str


def all_filings(plan: Plan, schedule: Schedule, calendar: Sessions, **market: int) -> pl.DataFrame:
    """Every filing: company, quarter, form, accepted (session), minute, period, items,
    filed and known (sessions), accession, filed_on, accepted_at (UTC).

    Sorted by company and acceptance, oldest first; quarter is -1 unless the
    filing is a periodic report.
    """
    rng = stream("filings", **market)
    parts = [
        _periodic(schedule),
        _amended(schedule),
        _notices(schedule),
        _earnings_releases(schedule, rng),
        _others(plan, schedule, calendar, rng),
    ]
    frame = pl.concat(parts).filter(pl.col("accepted").is_between(0, len(calendar.days) - 3))
    filed = filing_session(frame["accepted"].to_numpy(), frame["minute"].to_numpy())
    known = known_session(frame["accepted"].to_numpy(), frame["minute"].to_numpy(), calendar)
    days, offset = calendar.days, calendar.utc_offset
    accepted = frame["accepted"].to_numpy()
    second = rng.integers(0, 60, len(frame))
    seconds = frame["minute"].to_numpy() * 60 + second
    local = days[accepted].astype("datetime64[ms]") + seconds * 1000
    return (
        frame.with_columns(
            filed=pl.Series(filed, dtype=pl.Int64),
            known=pl.Series(known, dtype=pl.Int64),
            filed_on=pl.Series(days[filed]),
            local_at=pl.Series(local),
            accepted_at=pl.Series(local + offset[accepted] * 3_600_000),
        )
        .sort("company", "local_at", "form", "period")
        .with_columns(year=pl.col("filed_on").dt.year())
        .with_columns(sequence=pl.int_range(1, pl.len() + 1).over("company", "year"))
        .with_columns(
            accession=pl.format(
                "{}-{}-{}",
                (pl.lit(int(plan.cik[0])) + pl.col("company")).cast(pl.String).str.zfill(10),
                pl.col("filed_on").dt.strftime("%y"),
                pl.col("sequence").cast(pl.String).str.zfill(6),
            )
        )
    )


def reports(
    filings: pl.DataFrame, plan: Plan, schedule: Schedule, calendar: Sessions, splits: Splits
) -> list[list[Report]]:
    """The periodic reports of every company, oldest first."""
    found: list[list[Report]] = [[] for _ in range(plan.count)]
    chosen = filings.filter(pl.col("quarter") >= 0).select(
        "company", "quarter", "accession", "form", "accepted", "filed",
        filed_on=pl.col("filed_on").cast(pl.String),
    )  # fmt: skip
    cover_session = calendar.at_or_before(schedule.cover)
    for company, quarter, accession, form, accepted, filed, filed_on in chosen.iter_rows():
        own = found[company]
        is_annual = bool(schedule.ends_year[company, quarter])
        period = "FY" if is_annual else f"Q{schedule.number[company, quarter]}"
        cover = int(cover_session[company, quarter])
        cover_day, covered = schedule.cover[company, quarter], quarter
        if form.endswith("/A"):
            cover = filed - 5
            cover_day = calendar.days[cover]
            covered = own[-1].quarter
        own.append(
            Report(
                quarter=quarter,
                order=len(own),
                accession=accession,
                form=form,
                is_annual=is_annual,
                is_transition=bool(schedule.is_transition[company, quarter]),
                knows_restated=schedule.restated[company] >= 0
                and accepted >= schedule.amended[company],
                split_factor=float(splits.factor_at(company, filed)),
                cover_date=str(cover_day),
                cover_quarter=covered,
                cover_factor=float(splits.factor_at(company, cover)),
                tail=f',"accn":"{accession}","fy":{schedule.fiscal_year[company, quarter]},'
                f'"fp":"{period}","form":"{form}","filed":"{filed_on}"',
            )
        )
    return found


def write_submissions(
    folder: Path, filings: pl.DataFrame, plan: Plan, progress: Progress | None = None
) -> int:
    """Write `CIK##########.json` and pagination files; returns how many files."""
    folder.mkdir(parents=True, exist_ok=True)
    in_file_order = filings.sort("company", "local_at", descending=[False, True]).with_columns(
        stamp=pl.when(pl.col("company").is_in(np.flatnonzero(plan.new_york_file).tolist()))
        .then(pl.col("local_at"))
        .otherwise(pl.col("accepted_at"))
        .dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        report_date=pl.col("period").cast(pl.String).fill_null(""),
        filed_on=pl.col("filed_on").cast(pl.String),
        has_xbrl=(pl.col("quarter") >= 0).cast(pl.Int64),
    )
    written = 0
    for (company,), own in in_file_order.group_by("company", maintain_order=True):
        number = int(str(company))
        written += _write_company(folder, number, _columns(own), plan)
        if progress is not None and number % 50 == 0:
            progress("submissions", number, plan.count)
    return written


def _write_company(folder: Path, company: int, columns: dict[str, list[Any]], plan: Plan) -> int:
    cik = f"CIK{plan.cik[company]:010d}"
    count = len(columns["form"])
    older: list[dict[str, Any]] = []
    if company % PAGINATED_EVERY == 0 and count > RECENT_FILINGS:
        name = f"{cik}-submissions-001.json"
        tail = {key: values[RECENT_FILINGS:] for key, values in columns.items()}
        (folder / name).write_bytes(orjson.dumps(tail))
        dates = tail["filingDate"]
        older.append(
            {
                "name": name, "filingCount": len(dates),
                "filingFrom": dates[-1], "filingTo": dates[0],
            }
        )  # fmt: skip
        columns = {key: values[:RECENT_FILINGS] for key, values in columns.items()}
    body = _filer(company, plan) | {"filings": {"recent": columns, "files": older}}
    (folder / f"{cik}.json").write_bytes(orjson.dumps(body))
    return 1 + len(older)


def _filer(company: int, plan: Plan) -> dict[str, Any]:
    """The head of a submissions file: who the filer is."""
    listed = company not in plan.delisting_reason
    tickers = [plan.tickers[company]] if listed else []
    if company == SPECIAL["two_classes"]:
        tickers = ["TWIN-A", "TWIN-B"]
    industry = plan.industries[company]
    sic = INDUSTRY_SIC.get(industry, SIC[SECTORS[plan.sector[company]]])
    month_day = plan.quarters[company]
    last_year_end = month_day.end[month_day.ends_year][-1].astype(object)
    return {
        "cik": f"{plan.cik[company]:010d}",
        "entityType": "operating",
        "sic": str(sic),
        "sicDescription": industry,
        "ownerOrg": None,
        "insiderTransactionForOwnerExists": 0,
        "insiderTransactionForIssuerExists": 1,
        "name": plan.names[company].upper(),
        "tickers": tickers,
        "exchanges": [plan.exchanges[company]] * len(tickers),
        "ein": None,
        "category": "Large accelerated filer",
        "fiscalYearEnd": last_year_end.strftime("%m%d"),
        "stateOfIncorporation": "DE",
        "stateOfIncorporationDescription": "DE",
        "formerNames": [],
    }


def _columns(own: pl.DataFrame) -> dict[str, list[Any]]:
    count = len(own)
    empty, has_xbrl = [""] * count, own["has_xbrl"].to_list()
    return {
        "accessionNumber": own["accession"].to_list(),
        "filingDate": own["filed_on"].to_list(),
        "reportDate": own["report_date"].to_list(),
        "acceptanceDateTime": own["stamp"].to_list(),
        "act": empty,
        "form": own["form"].to_list(),
        "fileNumber": empty,
        "filmNumber": empty,
        "items": own["items"].to_list(),
        "core_type": own["form"].to_list(),
        "size": [250_000 if xbrl else 12_000 for xbrl in has_xbrl],
        "isXBRL": has_xbrl,
        "isInlineXBRL": has_xbrl,
        "primaryDocument": ["report.htm"] * count,
        "primaryDocDescription": own["form"].to_list(),
    }


def _frame(
    company: np.ndarray, quarter: np.ndarray, form: np.ndarray | str, accepted: np.ndarray,
    minute: np.ndarray, *, period: np.ndarray | None, items: str = "",
) -> pl.DataFrame:  # fmt: skip
    return pl.DataFrame(
        {
            "company": pl.Series(company, dtype=pl.Int64),
            "quarter": pl.Series(quarter, dtype=pl.Int64),
            "form": pl.Series(np.broadcast_to(form, company.shape).tolist(), dtype=pl.String),
            "accepted": pl.Series(accepted, dtype=pl.Int64),
            "minute": pl.Series(minute, dtype=pl.Int64),
            "period": pl.Series([None] * len(company) if period is None else period, dtype=pl.Date),
            "items": pl.Series([items] * len(company), dtype=pl.String),
        }
    )


def _periodic(schedule: Schedule) -> pl.DataFrame:
    rows, quarters = np.nonzero(schedule.exists)
    form = np.where(
        schedule.ends_year[rows, quarters],
        np.where(schedule.is_transition[rows, quarters], "10-KT", "10-K"),
        "10-Q",
    )
    return _frame(
        rows, quarters, form, schedule.accepted[rows, quarters],
        schedule.minute[rows, quarters], period=schedule.end[rows, quarters],
    )  # fmt: skip


def _amended(schedule: Schedule) -> pl.DataFrame:
    rows = np.flatnonzero(schedule.restated >= 0)
    quarters = schedule.restated[rows]
    return _frame(
        rows, quarters, "10-K/A", schedule.amended[rows], schedule.amended_minute[rows],
        period=schedule.end[rows, quarters],
    )  # fmt: skip


def _notices(schedule: Schedule) -> pl.DataFrame:
    rows = np.flatnonzero(schedule.late >= 0)
    return _frame(
        rows, np.full(len(rows), -1), "NT 10-K", schedule.notice[rows],
        np.full(len(rows), 16 * 60 + 40), period=schedule.end[rows, schedule.late[rows]],
    )  # fmt: skip


def _earnings_releases(schedule: Schedule, rng: np.random.Generator) -> pl.DataFrame:
    rows, quarters = np.nonzero(schedule.exists)
    accepted = schedule.accepted[rows, quarters] - rng.integers(0, 10, len(rows))
    minute = np.where(rng.random(len(rows)) < 0.5, 16 * 60 + 8, 7 * 60 + 1)
    minute = np.where(rows == SPECIAL["acceptance_zone_unclear"], 14 * 60, minute)
    return _frame(
        rows, np.full(len(rows), -1), "8-K", accepted, minute,
        period=schedule.end[rows, quarters], items="2.02,9.01",
    )  # fmt: skip


def _others(
    plan: Plan, schedule: Schedule, calendar: Sessions, rng: np.random.Generator
) -> pl.DataFrame:
    """A Form 4 that shows the file's time zone and another one each quarter; proxies."""
    rows, quarters = np.nonzero(schedule.exists)
    unclear = rows == SPECIAL["acceptance_zone_unclear"]
    telling = np.where(plan.new_york_file[rows], 7 * 60 + 10, 19 * 60 + 30)
    telling = np.where(unclear, 13 * 60, telling)
    none = np.full(len(rows), -1)
    base = schedule.accepted[rows, quarters]
    annual = schedule.ends_year[rows, quarters]
    proxy = base[annual] + 25
    in_time = proxy < plan.last[rows[annual]]
    return pl.concat(
        [
            _frame(rows, none, "4", base - 20, telling, period=calendar.days[base - 21]),
            _frame(
                rows, none, "4", base - 3, rng.integers(11 * 60, 17 * 60, len(rows)),
                period=calendar.days[base - 4],
            ),
            _frame(
                rows[annual][in_time], none[annual][in_time], "DEF 14A", proxy[in_time],
                np.full(in_time.sum(), 16 * 60 + 15), period=None,
            ),
        ]
    )  # fmt: skip
