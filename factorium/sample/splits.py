"""Share splits: planned ones, and those that a price far from usual calls for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from factorium.sample.plan import SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.schedule import Schedule
from factorium.sample.sessions import Sessions
from factorium.sample.simulation import Paths

# Splits take effect this many sessions after a report is known, so that no
# share count is filed for a period end on the other basis, save in one case.
SESSIONS_AFTER_REPORT = 10
HIGH_PRICE, LOW_PRICE = 320.0, 1.5
PLANNED = {"split_2_for_1": 2.0, "split_3_for_1": 3.0, "split_1_for_8": 1 / 8}
LATE, LATE_SPLIT = "split_3_for_1", 70  # sessions before the end
BETWEEN = "split_between_period_end_and_filing"


@dataclass(frozen=True)
class Split:
    """One old share becomes `ratio` new ones at the open of `session`."""

    company: int
    session: int
    ratio: float


@dataclass
class Splits:
    """All splits, and what one first share has become.

    factor: [simulated session, company], new shares per share of the first session.
    """

    events: list[Split]
    factor: np.ndarray
    first_simulated: int

    def factor_at(self, company: int, session: int | np.ndarray) -> np.ndarray:
        """The factor at positions in `Sessions.days`; before the simulation it is 1."""
        position = np.clip(np.asarray(session) - self.first_simulated, 0, len(self.factor) - 1)
        return np.asarray(self.factor[position, company])


def find_splits(
    plan: Plan, schedule: Schedule, calendar: Sessions, paths: Paths, **market: int
) -> Splits:
    """Walk over the candidate dates of every company, oldest first."""
    rng = stream("splits", **market)
    days = len(calendar.days)
    events = _planned(plan, schedule, calendar)
    taken = {split.company for split in events}
    for company in range(1, plan.count):
        if company in taken:
            continue
        factor = 1.0
        for quarter in np.flatnonzero(schedule.exists[company]).tolist():
            session = int(schedule.known[company, quarter]) + SESSIONS_AFTER_REPORT
            draw = rng.random()
            if not plan.listed[company] < session < min(plan.last[company], days - 5):
                continue
            price = paths.price[session - 1 - calendar.first_simulated, company] / factor
            if ratio := _called_for(price, draw):
                events.append(Split(company, session, ratio))
                factor *= ratio
    return Splits(events, _factors(events, calendar, paths), calendar.first_simulated)


def _called_for(price: float, draw: float) -> float | None:
    if price > HIGH_PRICE:
        return (2.0, 3.0, 4.0)[int(draw * 3)]
    if price < LOW_PRICE:
        return (1 / 8, 1 / 10)[int(draw * 2)]
    return None


def _planned(plan: Plan, schedule: Schedule, calendar: Sessions) -> list[Split]:
    """The special companies' splits: a third into the market; one near its end.

    The late one comes after the second vendor's snapshot, which is on the old basis.
    """
    target = calendar.first_bar + len(calendar.market) // 3
    events = []
    for name, ratio in PLANNED.items():
        company = SPECIAL[name]
        dates = schedule.known[company] + SESSIONS_AFTER_REPORT
        wanted = len(calendar.days) - LATE_SPLIT if name == LATE else target
        events.append(Split(company, int(dates[np.abs(dates - wanted).argmin()]), ratio))
    company = SPECIAL[BETWEEN]
    ends = calendar.at_or_before(schedule.end[company])
    end = int(ends[np.abs(ends - target).argmin()])
    return [*events, Split(company, end + 5, 4.0)]


def _factors(events: list[Split], calendar: Sessions, paths: Paths) -> np.ndarray:
    factor = np.ones(paths.price.shape)
    for split in events:
        factor[split.session - calendar.first_simulated :, split.company] *= split.ratio
    return factor
