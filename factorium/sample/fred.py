"""Macro series with all their vintages, as FRED's `series/observations` answers.

Daily series are published once, on the next business day. Weekly, monthly and
quarterly ones come with their usual lag and are revised twice, as a first print
would be; survey and rate averages are not revised.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from factorium.sample.randomness import stream
from factorium.sample.sessions import Sessions
from factorium.sample.simulation import Paths

FOREVER = "9999-12-31"


@dataclass(frozen=True)
class Release:
    """How a series is published.

    frequency: D, W, M or Q; lag: days from the end of the period to the first
    print; revision: relative (or absolute, if `is_absolute`) size of the error
    of the first print; decimals of the values.
    """

    frequency: str
    lag: int
    decimals: int
    revision: float = 0.0
    is_absolute: bool = False


RELEASES = {
    **{
        name: Release("D", 1, 2)
        for name in (
            "DFF", "DGS3MO", "DGS6MO", "DGS1", "DGS2", "DGS3", "DGS5", "DGS7", "DGS10", "DGS20",
            "DGS30", "DAAA", "DBAA", "BAA10Y", "AAA10Y", "BAMLH0A0HYM2", "BAMLC0A0CM", "T10Y2Y",
            "T10Y3M", "T10YIE", "T5YIE", "T5YIFR", "DFII10", "VIXCLS", "DCOILWTICO", "DHHNGSP",
            "SOFR", "TEDRATE",
        )
    },
    "ICSA": Release("W", 5, 0, 0.01),
    "CCSA": Release("W", 12, 0, 0.01),
    "NFCI": Release("W", 5, 5, 0.02, is_absolute=True),
    "STLFSI4": Release("W", 5, 4, 0.02, is_absolute=True),
    "MORTGAGE30US": Release("W", 1, 2),
    "WALCL": Release("W", 1, 0),
    "CPIAUCSL": Release("M", 13, 3, 0.0004),
    "CPILFESL": Release("M", 13, 3, 0.0003),
    "PCEPI": Release("M", 29, 3, 0.0005),
    "PCEPILFE": Release("M", 29, 3, 0.0004),
    "PPIACO": Release("M", 15, 3, 0.002),
    "UNRATE": Release("M", 6, 1, 0.05, is_absolute=True),
    "CIVPART": Release("M", 6, 1, 0.05, is_absolute=True),
    "PAYEMS": Release("M", 6, 0, 0.0005),
    "JTSJOL": Release("M", 36, 0, 0.01),
    "INDPRO": Release("M", 16, 4, 0.004),
    "TCU": Release("M", 16, 4, 0.003),
    "HOUST": Release("M", 18, 0, 0.03),
    "PERMIT": Release("M", 18, 0, 0.02),
    "RSXFS": Release("M", 15, 0, 0.006),
    "PCE": Release("M", 29, 1, 0.003),
    "NEWORDER": Release("M", 34, 0, 0.01),
    "UMCSENT": Release("M", -3, 1),
    "M2SL": Release("M", 24, 1, 0.001),
    "BUSLOANS": Release("M", 12, 4, 0.002),
    "FEDFUNDS": Release("M", 1, 2),
    "TB3MS": Release("M", 1, 2),
    "SAHMREALTIME": Release("M", 6, 2),
    "USREC": Release("M", 1, 0),
    "GDP": Release("Q", 29, 3, 0.004),
    "GDPC1": Release("Q", 29, 3, 0.004),
    "THREEFYTP10": Release("D", 1, 4),
    "IR": Release("M", 18, 1, 0.002),
    "CES0500000003": Release("M", 6, 2, 0.0005),
    "DRTSCILM": Release("Q", -46, 1),
}  # fmt: skip
DAYS_OF_REVISIONS = {"W": (7,), "M": (30, 61), "Q": (30, 60)}
MATURITIES = {
    "DGS3MO": 0.25, "DGS6MO": 0.5, "DGS1": 1, "DGS2": 2, "DGS3": 3, "DGS5": 5, "DGS7": 7,
    "DGS10": 10, "DGS20": 20, "DGS30": 30,
}  # fmt: skip
# Monthly levels: (first value, annual growth, monthly noise, cycle loading).
LEVELS = {
    "CPIAUCSL": (235.0, 0.026, 0.0015, 0.0), "CPILFESL": (240.0, 0.026, 0.0008, 0.0),
    "PCEPI": (96.0, 0.022, 0.0012, 0.0), "PCEPILFE": (96.5, 0.022, 0.0007, 0.0),
    "PPIACO": (190.0, 0.02, 0.006, 0.02), "PAYEMS": (138_000.0, 0.013, 0.0006, 0.02),
    "JTSJOL": (5_000.0, 0.02, 0.02, 0.25), "INDPRO": (98.0, 0.01, 0.004, 0.05),
    "TCU": (77.0, 0.0, 0.004, 0.05), "HOUST": (1_200.0, 0.01, 0.03, 0.2),
    "PERMIT": (1_250.0, 0.01, 0.02, 0.2), "RSXFS": (380_000.0, 0.04, 0.006, 0.04),
    "PCE": (12_000.0, 0.045, 0.003, 0.02), 
    "NEWORDER": (65_000.0, 0.02, 0.015, 0.1), "M2SL": (11_500.0, 0.055, 0.002, -0.01),
    "BUSLOANS": (1_800.0, 0.04, 0.003, 0.03), "GDP": (17_500.0, 0.045, 0.002, 0.03),
    "GDPC1": (17_000.0, 0.022, 0.002, 0.03),
}  # fmt: skip
# The same, drawn from a stream of their own.
LATER_LEVELS = {
    "IR": (125.0, 0.015, 0.005, 0.03), "CES0500000003": (24.0, 0.032, 0.001, 0.01),
}  # fmt: skip
WEEKLY_LEVELS = {
    "ICSA": (250_000.0, -0.3, 0.04), "CCSA": (1_900_000.0, -0.25, 0.02),
    "WALCL": (4_500_000.0, 0.1, 0.003),
}  # fmt: skip

Series = dict[str, tuple[np.ndarray, np.ndarray]]


def write_fred(folder: Path, calendar: Sessions, paths: Paths, **market: int) -> int:
    """Write `<SERIES>.json` for every series; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = stream("macro", **market)
    economy = _economy(calendar, paths, rng) | _later_series(calendar, stream("later", **market))
    for name, (days, values) in economy.items():
        observations = _vintages(days, values, RELEASES[name], calendar, rng)
        (folder / f"{name}.json").write_bytes(orjson.dumps(_response(observations)))
    return len(RELEASES)


def _response(observations: list[dict[str, str]]) -> dict[str, object]:
    return {
        "realtime_start": "1776-07-04", "realtime_end": FOREVER,
        "observation_start": "1600-01-01", "observation_end": FOREVER,
        "units": "lin", "output_type": 1, "file_type": "json",
        "order_by": "observation_date", "sort_order": "asc",
        "count": len(observations), "offset": 0, "limit": 100000,
        "observations": observations,
    }  # fmt: skip


def _vintages(
    days: np.ndarray, values: np.ndarray, release: Release, calendar: Sessions,
    rng: np.random.Generator,
) -> list[dict[str, str]]:  # fmt: skip
    """All (value, realtime range) rows of a series, as known at the market's end."""
    ends = _period_ends(days, release.frequency)
    steps = (0, *DAYS_OF_REVISIONS[release.frequency]) if release.revision else (0,)
    published = _published(days, ends, release, steps, calendar)
    prints = _prints(values, release, len(steps), rng)
    names = np.datetime_as_string(days).tolist()
    starts = np.datetime_as_string(published).tolist()
    before = np.datetime_as_string(published - 1).tolist()
    last_day = str(calendar.days[-1])
    rows: list[dict[str, str]] = []
    for day, own_starts, own_ends, shown in zip(names, starts, before, prints, strict=True):
        known = [number for number, start in enumerate(own_starts) if start <= last_day]
        # A print that changes nothing is no vintage.
        changed = [number for number in known if not number or shown[number] != shown[number - 1]]
        untils = [*(own_ends[later] for later in changed[1:]), FOREVER]
        rows += [
            {
                "realtime_start": own_starts[number], "realtime_end": until,
                "date": day, "value": shown[number],
            }
            for number, until in zip(changed, untils, strict=False)
        ]  # fmt: skip
    return rows


def _published(
    days: np.ndarray, ends: np.ndarray, release: Release, steps: tuple[int, ...],
    calendar: Sessions,
) -> np.ndarray:  # fmt: skip
    """Publication day of every print, [observation, print]; past the end: a far day."""
    far = np.append(calendar.days, np.datetime64("9999-01-01"))
    if release.frequency == "D":
        return np.asarray(far[calendar.at_or_before(days) + release.lag][:, None])
    wanted = ends[:, None] + (release.lag + np.array(steps))[None, :]
    return np.asarray(far[calendar.at_or_after(wanted)])


def _prints(
    values: np.ndarray, release: Release, count: int, rng: np.random.Generator
) -> list[list[str]]:
    """Successive prints as text; the error of the first one halves with each."""
    error = release.revision * rng.standard_normal(len(values))
    prints = []
    for number in range(count):
        left = error * (0.5**number if number + 1 < count else 0.0)
        shown = values + left if release.is_absolute else values * (1 + left)
        prints.append([f"{value:.{release.decimals}f}" for value in shown.tolist()])
    return [list(row) for row in zip(*prints, strict=True)]


def _period_ends(days: np.ndarray, frequency: str) -> np.ndarray:
    if frequency in "DW":
        return days
    months = days.astype("datetime64[M]") + (1 if frequency == "M" else 3)
    return months.astype("datetime64[D]") - 1


def _economy(calendar: Sessions, paths: Paths, rng: np.random.Generator) -> Series:
    days = calendar.days
    months = np.unique(days.astype("datetime64[M]"))
    cycle = _reverting(len(months), 0.97, 0.25, rng)
    daily = _daily_series(calendar, paths, rng)
    first_days = months.astype("datetime64[D]")
    series: Series = {name: (days, values) for name, values in daily.items()}
    monthly = _monthly_series(months, cycle, daily, days, rng)
    series |= {name: (first_days, values) for name, values in monthly.items()}
    quarters = np.unique(days.astype("datetime64[M]").astype(int) // 3 * 3)
    starts = quarters.astype("datetime64[M]").astype("datetime64[D]")
    slow = cycle[np.searchsorted(months, starts.astype("datetime64[M]").clip(months[0]))]
    for name in ("GDP", "GDPC1"):
        series[name] = (starts, _level(name, slow, 4, rng))
    return series | _weekly_series(days, months, cycle, daily, rng)


def _reverting(count: int, persistence: float, size: float, rng: np.random.Generator) -> np.ndarray:
    """An AR(1) around zero with innovations of `size`."""
    moves = size * rng.standard_normal(count)
    for step in range(1, count):
        moves[step] += persistence * moves[step - 1]
    return moves


def _daily_series(
    calendar: Sessions, paths: Paths, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    count = len(calendar.days)

    def around(mean: float, size: float, least: float, persistence: float = 0.999) -> np.ndarray:
        return np.maximum(mean + _reverting(count, persistence, size, rng), least)

    short = around(2.2, 0.04, 0.05)
    slope, hump = 1.3 + _reverting(count, 0.998, 0.03, rng), _reverting(count, 0.995, 0.02, rng)
    made: dict[str, np.ndarray] = {"DFF": np.round(short, 2)}
    for name, years in MATURITIES.items():
        rise = 1 - np.exp(-years / 4)
        bend = (years / 3) * np.exp(1 - years / 3)
        made[name] = np.round(np.maximum(short + slope * rise + hump * bend, 0.02), 2)
    made["SOFR"] = np.round(np.maximum(short - 0.02, 0.01), 2)
    made["TEDRATE"] = np.round(around(0.35, 0.01, 0.08, 0.99), 2)
    made["T10Y2Y"] = made["DGS10"] - made["DGS2"]
    made["T10Y3M"] = made["DGS10"] - made["DGS3MO"]
    made["BAA10Y"] = np.round(around(2.2, 0.03, 1.2, 0.996), 2)
    made["AAA10Y"] = np.round(around(1.1, 0.02, 0.4, 0.996), 2)
    made["DBAA"], made["DAAA"] = (
        made["DGS10"] + made["BAA10Y"], made["DGS10"] + made["AAA10Y"],
    )  # fmt: skip
    stress = np.ones(count)
    stress[calendar.first_simulated :] = paths.common_volatility
    made["BAMLH0A0HYM2"] = np.round(around(3.6, 0.06, 2.4, 0.996) * stress**0.5, 2)
    made["BAMLC0A0CM"] = np.round(around(1.2, 0.02, 0.7, 0.996) * stress**0.3, 2)
    made["VIXCLS"] = np.round(around(15.5, 0.7, 9.0, 0.96) * stress, 2)
    made["T10YIE"] = np.round(around(2.1, 0.02, 0.5, 0.998), 2)
    made["T5YIE"] = np.round(made["T10YIE"] + _reverting(count, 0.99, 0.02, rng), 2)
    made["T5YIFR"] = np.round(2 * made["T10YIE"] - made["T5YIE"], 2)
    made["DFII10"] = made["DGS10"] - made["T10YIE"]
    made["DCOILWTICO"] = np.round(65 * np.exp(_reverting(count, 0.998, 0.018, rng)), 2)
    made["DHHNGSP"] = np.round(3 * np.exp(_reverting(count, 0.997, 0.02, rng)), 2)
    return made


def _level(name: str, cycle: np.ndarray, per_year: int, rng: np.random.Generator) -> np.ndarray:
    first, growth, noise, loading = (LEVELS | LATER_LEVELS)[name]
    count = len(cycle)
    drift = growth / per_year * np.arange(count) + noise * np.cumsum(rng.standard_normal(count))
    return np.asarray(first * np.exp(drift + loading * 0.3 * cycle))


def _monthly_series(
    months: np.ndarray, cycle: np.ndarray, daily: dict[str, np.ndarray], days: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:  # fmt: skip
    quarterly = ("GDP", "GDPC1")
    made = {name: _level(name, cycle, 12, rng) for name in LEVELS if name not in quarterly}
    count = len(months)
    jobless = 5.0 - 0.9 * cycle + 0.1 * rng.standard_normal(count)
    made["UNRATE"] = np.clip(np.round(jobless, 1), 2.5, 14)
    made["CIVPART"] = np.round(62.8 + 0.3 * cycle, 1)
    smooth = np.convolve(made["UNRATE"], np.ones(3) / 3)[:count]
    smooth[:2] = made["UNRATE"][:2]
    lowest = np.array([smooth[max(0, at - 12) : at + 1].min() for at in range(count)])
    made["SAHMREALTIME"] = smooth - lowest
    made["USREC"] = (cycle < np.quantile(cycle, 0.1)).astype(float)
    made["UMCSENT"] = np.clip(85 + 8 * cycle + 3 * rng.standard_normal(count), 45, 115)
    made["FEDFUNDS"] = _monthly_mean(daily["DFF"], days, months)
    made["TB3MS"] = _monthly_mean(daily["DGS3MO"], days, months)
    return made


def _later_series(calendar: Sessions, rng: np.random.Generator) -> Series:
    """Series that came after the others: they draw nothing from the others' stream."""
    days = calendar.days
    months = np.unique(days.astype("datetime64[M]"))
    starts = np.unique(months.astype(int) // 3 * 3).astype("datetime64[M]").astype("datetime64[D]")
    cycle = _reverting(len(months), 0.97, 0.25, rng)
    premium = 0.4 + _reverting(len(days), 0.998, 0.02, rng)
    tightening = 5 + _reverting(len(starts), 0.8, 9.0, rng)
    made: Series = {"THREEFYTP10": (days, premium), "DRTSCILM": (starts, tightening)}
    for name in LATER_LEVELS:
        made[name] = (months.astype("datetime64[D]"), _level(name, cycle, 12, rng))
    return made


def _monthly_mean(values: np.ndarray, days: np.ndarray, months: np.ndarray) -> np.ndarray:
    starts = np.searchsorted(days.astype("datetime64[M]"), months)
    return np.asarray(np.add.reduceat(values, starts) / np.diff(np.append(starts, len(days))))


def _weekly_series(
    days: np.ndarray, months: np.ndarray, cycle: np.ndarray, daily: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> Series:  # fmt: skip
    saturdays = np.arange(
        days[0] + (5 - (days[0].astype(int) + 3) % 7) % 7, days[-1] + 1, np.timedelta64(7, "D")
    )
    at = np.searchsorted(months, saturdays.astype("datetime64[M]"))
    made: Series = {}
    for name, (first, loading, noise) in WEEKLY_LEVELS.items():
        moves = np.exp(loading * 0.3 * cycle[at] + noise * rng.standard_normal(len(at)))
        made[name] = (saturdays - 3 if name == "WALCL" else saturdays, first * moves)
    stress = -0.2 * cycle[at] + 0.05 * rng.standard_normal(len(at))
    made["NFCI"] = (saturdays - 1, stress - 0.3)
    made["STLFSI4"] = (saturdays - 1, stress)
    before = np.maximum(np.searchsorted(days, saturdays) - 2, 0)
    made["MORTGAGE30US"] = (saturdays - 2, daily["DGS10"][before] + 1.8)
    return made
