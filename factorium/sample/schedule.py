"""When a sample company's periodic reports were accepted, filed and known.

All session positions are positions in `Sessions.days`. EDGAR dates a filing
that it accepts after 17:30 New York time on the next business day; a factor
may use it from the first session that closes after its acceptance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorium.sample import fiscal
from factorium.sample.plan import SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.sessions import Sessions

FILED_SAME_DAY_UNTIL = 17 * 60 + 30
ANNUAL_LAG_DAYS, QUARTERLY_LAG_DAYS = (50, 75), (28, 41)
DUE_DAYS = 60  # of an annual report; the day after it a late filer gives notice


@dataclass
class Schedule:
    """Arrays [company, quarter] of the periodic reports.

    accepted, filed, known: session positions; minute: of acceptance, New York;
    exists: the report was filed within the history; cover: date of the share
    count on the cover page. The restated quarter of a company (-1: none) has an
    amended annual report at `amended` with its own minute and known session;
    late: the quarter of a late annual report (-1: none).
    """

    start: np.ndarray
    end: np.ndarray
    number: np.ndarray
    first_of_year: np.ndarray
    fiscal_year: np.ndarray
    ends_year: np.ndarray
    is_transition: np.ndarray
    accepted: np.ndarray
    minute: np.ndarray
    filed: np.ndarray
    known: np.ndarray
    exists: np.ndarray
    cover: np.ndarray
    restated: np.ndarray
    amended: np.ndarray
    amended_minute: np.ndarray
    amended_known: np.ndarray
    late: np.ndarray
    notice: np.ndarray

    @property
    def days(self) -> np.ndarray:
        """Length of every quarter in days."""
        return np.asarray((self.end - self.start).astype(int) + 1)


def schedule(plan: Plan, calendar: Sessions, *, names: int, years: int, seed: int) -> Schedule:
    """Draw the filing times of every company's periodic reports."""
    rng = stream("schedule", names, years, seed)
    stacked = {
        name: np.stack([getattr(quarters, name) for quarters in plan.quarters])
        for name in fiscal.Quarters.__dataclass_fields__
    }
    end, ends_year = stacked["end"], stacked["ends_year"]
    minute = _minutes(end.shape, plan, rng)
    lag = np.where(
        ends_year,
        rng.integers(*ANNUAL_LAG_DAYS, end.shape),
        rng.integers(*QUARTERLY_LAG_DAYS, end.shape),
    )
    late = _one_annual_report(plan.late_filer, end, ends_year, calendar, margin=150)
    rows = np.flatnonzero(late >= 0)
    lag[rows, late[rows]] = DUE_DAYS + rng.integers(28, 42, len(rows))
    accepted = calendar.at_or_after(end + lag)
    restated = _one_annual_report(plan.restated, end, ends_year, calendar, margin=170)
    # A late report is not restated as well.
    restated[late >= 0] = -1
    exists = _exists(plan, calendar, end, accepted)
    # Nor is a report that was never filed, before a listing or after a delisting.
    for chosen in (late, restated):
        chosen[~np.take_along_axis(exists, chosen[:, None], axis=1)[:, 0]] = -1
    amended = np.take_along_axis(accepted, restated[:, None], axis=1)[:, 0] + rng.integers(
        20, 80, plan.count
    )
    restated[amended > np.minimum(plan.last, len(calendar.days) - 10)] = -1
    amended_minute = _minutes((plan.count, 1), plan, rng)[:, 0]
    return Schedule(
        **stacked,
        accepted=accepted,
        minute=minute,
        filed=filing_session(accepted, minute),
        known=known_session(accepted, minute, calendar),
        exists=exists,
        cover=end + (lag - rng.integers(4, 15, end.shape)),
        restated=restated,
        amended=amended,
        amended_minute=amended_minute,
        amended_known=known_session(amended, amended_minute, calendar),
        late=late,
        notice=calendar.at_or_after(
            np.take_along_axis(end, late[:, None], axis=1)[:, 0] + DUE_DAYS + 1
        ),
    )


def filing_session(accepted: np.ndarray, minute: np.ndarray) -> np.ndarray:
    """The session of EDGAR's filing date."""
    return accepted + (minute > FILED_SAME_DAY_UNTIL)


def known_session(accepted: np.ndarray, minute: np.ndarray, calendar: Sessions) -> np.ndarray:
    """The first session whose close is not before the acceptance."""
    inside = np.minimum(accepted, len(calendar.days) - 1)
    return np.asarray(accepted + (minute > calendar.close_minute[inside]))


def _minutes(shape: tuple[int, ...], plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Minutes of acceptance: mostly after the close, a quarter before the open."""
    kind = rng.choice(4, shape, p=[0.55, 0.10, 0.25, 0.10])
    windows = np.array([(16 * 60 + 1, 1050), (1051, 21 * 60 + 55), (6 * 60 + 2, 565), (600, 930)])
    low, high = windows[kind, 0], windows[kind, 1]
    minutes = (low + rng.random(shape) * (high - low)).astype(int)
    # A file whose times are all at midday does not betray its time zone.
    unclear = SPECIAL["acceptance_zone_unclear"]
    minutes[unclear] = rng.integers(11 * 60, 17 * 60, minutes[unclear].shape)
    return np.asarray(minutes)


def _one_annual_report(
    chosen: np.ndarray, end: np.ndarray, ends_year: np.ndarray, calendar: Sessions, margin: int
) -> np.ndarray:
    """The annual report of each chosen company that is due inside the market, or -1."""
    first, last = calendar.first_bar, len(calendar.days) - margin
    middle = first + max(0, last - first) // 3
    due = calendar.at_or_after(end + ANNUAL_LAG_DAYS[0])
    inside = ends_year & (due >= first) & (due < last)
    later = inside & (due >= middle)
    pick = np.where(later.any(axis=1), later.argmax(axis=1), inside.argmax(axis=1))
    return np.where(chosen & inside.any(axis=1), pick, -1)


def _exists(plan: Plan, calendar: Sessions, end: np.ndarray, accepted: np.ndarray) -> np.ndarray:
    """Filed in the history: not too early, before the listing, after the delisting."""
    first_day = calendar.days[calendar.first_bar]
    oldest = first_day - np.timedelta64(366 * fiscal.FILED_YEARS, "D")
    is_late = plan.listed > calendar.first_bar
    # A newcomer's first report is out when its shares begin to trade.
    from_listing = np.where(is_late, plan.listed - 70, 0)
    # Two sessions are kept free, so that filing date and known session exist.
    until = np.minimum(plan.last, len(calendar.days) - 3)
    is_inside = (accepted >= from_listing[:, None]) & (accepted <= until[:, None])
    return np.asarray((end >= oldest) & is_inside)
