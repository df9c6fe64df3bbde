"""Sessions of the exchange around a sample market, as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import exchange_calendars
import numpy as np
import pandas as pd

from factorium.calendar import EXCHANGE

# Prices are simulated this long before the first bar, so that twelve-month
# momentum exists on day one.
BURN_IN = 273
# Macro series start this many years before the first bar: trailing ten-year
# z-scores exist on day one.
MACRO_YEARS = 11
LAST_SESSION = date(2025, 12, 31)


@dataclass(frozen=True)
class Sessions:
    """Sessions from eleven years before the first bar to the market's end.

    days: datetime64[D]; close_minute: minutes after midnight, New York;
    utc_offset: hours New York is behind UTC; first_simulated and first_bar are
    positions in these arrays.
    """

    days: np.ndarray
    close_minute: np.ndarray
    utc_offset: np.ndarray
    first_simulated: int
    first_bar: int

    @property
    def simulated(self) -> np.ndarray:
        """Days on which prices are simulated, burn-in included."""
        return self.days[self.first_simulated :]

    @property
    def market(self) -> np.ndarray:
        """Days with published bars."""
        return self.days[self.first_bar :]

    def at_or_after(self, dates: np.ndarray) -> np.ndarray:
        """Position of the first session on or after each date (may be past the end)."""
        return np.searchsorted(self.days, dates, side="left")

    def at_or_before(self, dates: np.ndarray) -> np.ndarray:
        """Position of the last session on or before each date (-1: none)."""
        return np.searchsorted(self.days, dates, side="right") - 1


def sessions(years: int, until: date | None = None) -> Sessions:
    """The sessions of a market of `years` years that ends on or before `until`."""
    last = pd.Timestamp(until or LAST_SESSION)
    first_day = last - pd.DateOffset(years=years) + pd.Timedelta(days=1)
    start = first_day - pd.DateOffset(years=MACRO_YEARS)
    calendar = exchange_calendars.get_calendar(EXCHANGE, start=start, end=last)
    schedule = calendar.schedule
    closes = schedule["close"].dt.tz_convert("America/New_York")
    days = schedule.index.to_numpy().astype("datetime64[D]")
    first_bar = int(np.searchsorted(days, np.datetime64(first_day.date())))
    offset = -closes.map(lambda stamp: stamp.utcoffset().total_seconds() / 3600)
    return Sessions(
        days=days,
        close_minute=(closes.dt.hour * 60 + closes.dt.minute).to_numpy(),
        utc_offset=offset.to_numpy().astype(int),
        first_simulated=first_bar - BURN_IN,
        first_bar=first_bar,
    )
