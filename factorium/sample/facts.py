"""EDGAR `companyfacts` of the sample companies, as the nightly bulk zip.

Every report carries its own period and comparatives: a 10-Q the quarter, the
year to date and both a year earlier; a 10-K the year and the year before.
`fy` and `fp` describe the filing, and `frame` marks the last report of a period,
as in the real files. Shares and amounts per share are on the split basis of
the day of the filing; a cover page's share count on that of its own date.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from factorium.sample import tags
from factorium.sample.filings import Report
from factorium.sample.plan import SPECIAL, Plan
from factorium.sample.schedule import Schedule
from factorium.sample.simulation import Progress
from factorium.sample.statements import Statements

EPOCH = (2026, 1, 1, 0, 0, 0)  # of the members, so that the zip is reproducible
# The (first, last) quarters of the facts of a report, given the first quarters
# of the fiscal years.
Periods = Callable[[Report, np.ndarray], Iterator[tuple[int, int]]]
QUARTER_DAYS, YEAR_DAYS = (80, 100), (350, 380)


@dataclass
class Slots:
    """Facts of one kind that a company reports, whatever the item, in file order.

    first and last: the quarters a fact spans; row: of the statements; factor:
    new shares per first share on the fact's basis. `heads` + value + `tails`
    is the JSON of a fact.
    """

    first: np.ndarray
    last: np.ndarray
    row: np.ndarray
    factor: np.ndarray
    heads: list[str]
    tails: list[str]


class FactsWriter:
    """Writes companyfacts of one market; statements are cumulated once."""

    def __init__(self, plan: Plan, schedule: Schedule, statements: Statements) -> None:
        self.plan, self.schedule, self.statements = plan, schedule, statements
        self.concepts = {
            span: [concept for concept in tags.CONCEPTS if concept.span == span]
            for span in (tags.INSTANT, tags.INCOME, tags.CASH, tags.SHARE)
        }
        self.balances = self._stacked(tags.INSTANT)
        self.flows = {span: _cumulated(self._stacked(span)) for span in (tags.INCOME, tags.CASH)}
        self.start = np.datetime_as_string(schedule.start)
        self.end = np.datetime_as_string(schedule.end)
        self.days: list[list[tuple[date, date]]] = [
            list(zip(first, last, strict=True))
            for first, last in zip(schedule.start.tolist(), schedule.end.tolist(), strict=True)
        ]

    def _stacked(self, span: str) -> np.ndarray:
        """Values of all concepts of a span, [concept, row, quarter]."""
        return np.stack([self.statements.items[own.item] for own in self.concepts[span]])

    def write(
        self,
        path: Path,
        reports: list[list[Report]],
        dividends: np.ndarray,
        progress: Progress | None = None,
    ) -> int:
        """Write the zip; returns how many facts it holds.

        dividends: per share [company, quarter], on the first session's basis.
        Compression runs beside the formatting of the next company.
        """  # fmt: skip
        self.per_share = _cumulated(np.concatenate([dividends, dividends[self._restated]]))
        shares = self.statements.items["shares_outstanding"]
        before = np.concatenate([shares[:, :1], shares[:, :-1]], axis=1)
        self.weighted = _cumulated((shares + before) / 2)
        self.common_income = _cumulated(self.statements.items["net_income_common"])
        total = 0
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            ThreadPoolExecutor(1) as pool,
        ):
            pending: list[Future[None]] = []
            for company, own in enumerate(reports):
                if not own:
                    continue
                text, facts = self._company(company, own)
                member = zipfile.ZipInfo(f"CIK{self.plan.cik[company]:010d}.json", EPOCH)
                member.compress_type = zipfile.ZIP_DEFLATED
                pending.append(pool.submit(archive.writestr, member, text, compresslevel=1))
                total += facts
                while len(pending) > 4:
                    pending.pop(0).result()
                if progress is not None and company % 20 == 0:
                    progress("companyfacts", company, self.plan.count)
            for future in pending:
                future.result()
        return total

    @property
    def _restated(self) -> list[int]:
        return list(self.statements.restated_row)

    def _company(self, company: int, reports: list[Report]) -> tuple[bytes, int]:
        slots = {
            tags.INSTANT: self._slots(company, reports, _instants),
            tags.INCOME: self._slots(company, reports, _income_periods),
            tags.CASH: self._slots(company, reports, _cash_periods),
        }
        slots[tags.SHARE] = slots[tags.INCOME]
        members, count = [], 0
        for span, concepts in self.concepts.items():
            own = slots[span]
            for concept, values in zip(concepts, self._values(span, company, own), strict=True):
                if not self.statements.reports[concept.item][company]:
                    continue
                tag = concept.tags[self.statements.tag[concept.item][company]]
                members.append((tag, _concept(tag, concept.unit, own.heads, values, own.tails)))
                count += len(values)
        cover, covers = self._cover(company, reports)
        gaap = ",".join(text for _, text in sorted(members))
        name = self.plan.names[company]
        text = (
            f'{{"cik":{self.plan.cik[company]},"entityName":"{name}",'
            f'"facts":{{{cover}"us-gaap":{{{gaap}}}}}}}'
        )
        return text.encode(), count + covers

    def _slots(self, company: int, reports: list[Report], periods: Periods) -> Slots:
        first_of_year = self.schedule.first_of_year[company]
        found = [
            (first, last, report)
            for report in reports
            for first, last in periods(report, first_of_year)
            if first >= 0
        ]
        start, end = self.start[company], self.end[company]
        is_instant = periods is _instants
        found.sort(key=lambda slot: (end[slot[1]], start[slot[0]], slot[2].order))
        latest = {(first, last): report.order for first, last, report in found}
        heads, tails = [], []
        for first, last, report in found:
            opening = "" if is_instant else f'"start":"{start[first]}",'
            heads.append(f'{{{opening}"end":"{end[last]}","val":')
            frame = "}"
            if latest[first, last] == report.order:
                frame = self._frame(company, first, last, is_instant)
            tails.append(report.tail + frame)
        restated = self.statements.restated_row.get(company, company)
        return Slots(
            first=np.array([first for first, _, _ in found], int),
            last=np.array([last for _, last, _ in found], int),
            row=np.array([restated if r.knows_restated else company for _, _, r in found], int),
            factor=np.array([report.split_factor for _, _, report in found], float),
            heads=heads,
            tails=tails,
        )

    def _frame(self, company: int, first: int, last: int, is_instant: bool) -> str:
        """The `frame` key of a period: CY2023, CY2023Q2, CY2023Q2I, or nothing."""
        start, end = self.days[company][first][0], self.days[company][last][1]
        days = (end - start).days + 1
        middle = end if is_instant else start + (end - start) // 2
        year, quarter = middle.year, (middle.month - 1) // 3 + 1
        if is_instant:
            return f',"frame":"CY{year}Q{quarter}I"}}'
        if QUARTER_DAYS[0] <= days <= QUARTER_DAYS[1]:
            return f',"frame":"CY{year}Q{quarter}"}}'
        if YEAR_DAYS[0] <= days <= YEAR_DAYS[1]:
            return f',"frame":"CY{year}"}}'
        return "}"

    def _values(self, span: str, company: int, slots: Slots) -> list[list[str]]:
        """The values of all concepts of a span as text, one list each."""
        if span == tags.SHARE:
            return [self._share_values(own.item, company, slots) for own in self.concepts[span]]
        if span == tags.INSTANT:
            values = self.balances[:, slots.row, slots.last]
            shares = [own.unit == "shares" for own in self.concepts[span]]
            values[shares] = np.round(values[shares] * slots.factor).astype(np.int64)
        else:
            values = _span(self.flows[span], slots)
        return [list(map(str, own)) for own in values.tolist()]

    def _share_values(self, item: str, company: int, slots: Slots) -> list[str]:
        """Weighted shares, and income or dividends per one of them."""
        if item == "dividends_per_share":
            values = np.round(_span(self.per_share, slots) / slots.factor, 4)
            return [f"{value:.4f}".rstrip("0").rstrip(".") or "0" for value in values.tolist()]
        quarters = slots.last - slots.first + 1
        shares = np.round(_span(self.weighted, slots) / quarters * slots.factor)
        if item.endswith("diluted"):
            shares = np.round(shares * (1 + self.statements.dilution[company]))
        if item.startswith("weighted"):
            return [str(int(value)) for value in shares.tolist()]
        income = _span(self.common_income, slots)
        return [f"{value:.2f}" for value in (income / shares).tolist()]

    def _cover(self, company: int, reports: list[Report]) -> tuple[str, int]:
        """The cover page's share count; facts by share class are not in companyfacts."""
        if company == SPECIAL["two_classes"]:
            return "", 0
        shares = self.statements.items["shares_outstanding"][company]
        heads, values, tails = [], [], []
        for report in sorted(reports, key=lambda report: (report.cover_date, report.order)):
            heads.append(f'{{"end":"{report.cover_date}","val":')
            values.append(str(round(shares[report.cover_quarter] * report.cover_factor)))
            tails.append(report.tail + "}")
        concept = _concept(tags.COVER_TAG, "shares", heads, values, tails)
        return f'"dei":{{{concept}}},', len(values)


def _instants(report: Report, first_of_year: np.ndarray) -> Iterator[tuple[int, int]]:
    """The balance at the end of the period and at the end of the year before it."""
    yield report.quarter, report.quarter
    before = first_of_year[report.quarter] - 1
    yield before, before


def _income_periods(report: Report, first_of_year: np.ndarray) -> Iterator[tuple[int, int]]:
    """Quarter and year to date, with both a year earlier; years in annual reports."""
    quarter = report.quarter
    if not report.is_annual and first_of_year[quarter] < quarter:
        yield quarter, quarter
        yield quarter - 4, quarter - 4
    yield from _cash_periods(report, first_of_year)


def _cash_periods(report: Report, first_of_year: np.ndarray) -> Iterator[tuple[int, int]]:
    """The year to date, and the same a year earlier."""
    quarter, first = report.quarter, int(first_of_year[report.quarter])
    yield first, quarter
    if report.is_annual and not report.is_transition:
        # The fiscal period before, which is shorter after a change of the year end.
        yield int(first_of_year[max(first - 1, 0)]), first - 1
    else:
        yield first - 4, quarter - 4


def _concept(tag: str, unit: str, heads: list[str], values: list[str], tails: list[str]) -> str:
    facts = ",".join(
        [head + value + tail for head, value, tail in zip(heads, values, tails, strict=True)]
    )
    return f'"{tag}":{{"label":"{tag}","description":"{tag}","units":{{"{unit}":[{facts}]}}}}'


def _cumulated(values: np.ndarray) -> np.ndarray:
    """Running totals with a leading zero: a span is the difference of two."""
    zero = np.zeros((*values.shape[:-1], 1), values.dtype)
    return np.concatenate([zero, np.cumsum(values, axis=-1)], axis=-1)


def _span(cumulated: np.ndarray, slots: Slots) -> np.ndarray:
    return np.asarray(
        cumulated[..., slots.row, slots.last + 1] - cumulated[..., slots.row, slots.first]
    )
