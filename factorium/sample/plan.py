"""Who is in a sample market: companies, their sectors, tickers and special cases."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from factorium.sample import fiscal
from factorium.sample.randomness import stream
from factorium.sample.sessions import Sessions

FEWEST_NAMES = 20
FIRST_CIK = 9_900_001
CLASSES = ("TWIN.A", "TWIN.B")
# Share of the two-class company's shares that are class A.
CLASS_A_FRACTION = 0.6

INDUSTRIES = {
    "Energy": ("Oil & Gas Exploration & Production", "Oil & Gas Equipment & Services"),
    "Materials": ("Specialty Chemicals", "Steel"),
    "Industrials": ("Industrial Machinery", "Building Products"),
    "Consumer Discretionary": ("Apparel Retail", "Restaurants"),
    "Consumer Staples": ("Packaged Foods & Meats", "Household Products"),
    "Health Care": ("Biotechnology", "Health Care Equipment"),
    "Financials": ("Regional Banks", "Asset Management & Custody Banks", "Multi-line Insurance"),
    "Information Technology": ("Application Software", "Semiconductors"),
    "Communication Services": ("Interactive Media & Services", "Publishing"),
    "Utilities": ("Electric Utilities", "Water Utilities"),
    "Real Estate": ("Office REITs", "Real Estate Services"),
}
SECTORS = tuple(INDUSTRIES)
SIC = {
    "Energy": 1311, "Materials": 2860, "Industrials": 3531, "Consumer Discretionary": 5651,
    "Consumer Staples": 2000, "Health Care": 2836, "Financials": 6282,
    "Information Technology": 7372, "Communication Services": 7370, "Utilities": 4911,
    "Real Estate": 6798,
}  # fmt: skip
BANK, INSURER = "Regional Banks", "Multi-line Insurance"
INDUSTRY_SIC = {BANK: 6022, INSURER: 6331}

# Special cases by company number, so that each exists in every market. The
# generic companies after them meet the same things at random.
SPECIAL = {
    "two_classes": 0,
    "weeks_52_53": 1,
    "weeks_12_12_12_16": 2,
    "transition_period": 3,
    "restatement": 4,
    "late_filing": 5,
    "missing_items": 6,
    "split_2_for_1": 7,
    "split_3_for_1": 8,
    "split_1_for_8": 9,
    "split_between_period_end_and_filing": 10,
    "ticker_rename": 11,
    "late_listing": 12,
    "delisting_performance_with_return": 13,
    "delisting_performance_without_return": 14,
    "delisting_merger_with_return": 15,
    "delisting_merger_without_return": 16,
    "spinoff": 17,
    "acceptance_zone_unclear": 18,
}

PERFORMANCE, MERGER = "performance", "merger"


@dataclass
class Plan:
    """Companies as arrays over company number; sessions as positions.

    `listed` and `last` are the first and last session of bars; `renamed` the
    session of a new ticker (0: never); `new_york_file` whether its submissions
    files carry New York time under a Z.
    """

    count: int
    tickers: list[str]
    former_tickers: dict[int, str]
    names: list[str]
    exchanges: list[str]
    sector: np.ndarray
    industries: list[str]
    quarters: list[fiscal.Quarters]
    fiscal_kind: np.ndarray
    listed: np.ndarray
    last: np.ndarray
    delisting_reason: dict[int, str]
    delisting_return: dict[int, float]
    renamed: np.ndarray
    restated: np.ndarray
    late_filer: np.ndarray
    new_york_file: np.ndarray
    special: dict[str, int] = field(default_factory=lambda: dict(SPECIAL))

    @property
    def cik(self) -> np.ndarray:
        return FIRST_CIK + np.arange(self.count)

    def is_industry(self, industry: str) -> np.ndarray:
        return np.array([own == industry for own in self.industries])


def plan(names: int, years: int, seed: int, calendar: Sessions) -> Plan:
    """Draw the companies of a market of `names` tickers."""
    if names < FEWEST_NAMES:
        raise ValueError(f"a sample market needs at least {FEWEST_NAMES} names, not {names}")
    if years < 1:
        raise ValueError(f"a sample market needs at least one year, not {years}")
    rng = stream("plan", names, years, seed)
    count = names - 1  # one company has two tickers
    sector = _sectors(count, rng)
    kinds, months = _fiscal_years(count, rng)
    listed, last = _lifetimes(count, years, calendar, rng)
    reasons, returns = _delistings(last, calendar, rng)
    tickers = [CLASSES[0], *(_ticker(number) for number in range(1, count))]
    renamed = _some(count, 0.02, rng, SPECIAL["ticker_rename"])
    renamed[(listed != calendar.first_bar) | (last != len(calendar.days) - 1)] = False
    renamed[0] = False
    middle = calendar.first_bar + int(len(calendar.market) * 0.45)
    first_bar = calendar.days[calendar.first_bar].astype(object)
    return Plan(
        count=count,
        tickers=tickers,
        former_tickers={
            int(number): _ticker(number + 200_000) for number in np.flatnonzero(renamed).tolist()
        },
        names=[_name(number) for number in range(count)],
        exchanges=[("NYSE", "Nasdaq")[number] for number in rng.integers(0, 2, count)],
        sector=sector,
        industries=_industries(sector, rng),
        quarters=[
            fiscal.quarters(kind, month, first_bar, years)
            for kind, month in zip(kinds.tolist(), months.tolist(), strict=True)
        ],
        fiscal_kind=kinds,
        listed=listed,
        last=last,
        delisting_reason=reasons,
        delisting_return=returns,
        renamed=np.where(renamed, middle + rng.integers(0, 60, count), 0),
        restated=_some(count, 0.02, rng, SPECIAL["restatement"]),
        late_filer=_some(count, 0.02, rng, SPECIAL["late_filing"]),
        new_york_file=_some(count, 1 / 3, rng, SPECIAL["acceptance_zone_unclear"]),
    )


def _some(count: int, fraction: float, rng: np.random.Generator, always: int) -> np.ndarray:
    """A random fraction of the generic companies, and one special company."""
    chosen = rng.random(count) < fraction
    if fraction < 0.1:
        chosen[: len(SPECIAL)] = False
    chosen[always] = True
    return chosen


def _sectors(count: int, rng: np.random.Generator) -> np.ndarray:
    """Sectors of equal size, in random order."""
    return rng.permutation(np.arange(count) % len(SECTORS))


def _industries(sector: np.ndarray, rng: np.random.Generator) -> list[str]:
    draws = rng.random(len(sector))
    chosen = []
    for company, draw in enumerate(draws.tolist()):
        industries = INDUSTRIES[SECTORS[sector[company]]]
        if company < len(SPECIAL):
            # A special case is not special by its line of business as well.
            industries = tuple(name for name in industries if name not in {BANK, INSURER})
        chosen.append(industries[int(draw * len(industries))])
    _at_least_one_of_each(sector, chosen)
    return chosen


def _at_least_one_of_each(sector: np.ndarray, chosen: list[str]) -> None:
    """The last financials are a bank and an insurer, at any size of the market."""
    financials = np.flatnonzero(sector == SECTORS.index("Financials"))[::-1]
    for number, industry in zip(financials.tolist(), (BANK, INSURER), strict=False):
        chosen[number] = industry


def _fiscal_years(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Kind and end month of every company's fiscal year."""
    kinds = rng.choice(
        [fiscal.MONTH_END, fiscal.WEEKS_52_53, fiscal.WEEKS_12_16], count, p=[0.88, 0.09, 0.03]
    )
    months = rng.choice([12, 1, 3, 6, 9, 10], count, p=[0.74, 0.04, 0.05, 0.08, 0.06, 0.03])
    kinds[: len(SPECIAL)] = fiscal.MONTH_END
    kinds[SPECIAL["weeks_52_53"]] = fiscal.WEEKS_52_53
    kinds[SPECIAL["weeks_12_12_12_16"]] = fiscal.WEEKS_12_16
    kinds[SPECIAL["transition_period"]] = fiscal.TRANSITION
    months = np.where(kinds == fiscal.TRANSITION, 6, months)
    odd = (kinds == fiscal.WEEKS_52_53) & (months == 12)
    # A last Saturday of December would file its quarters like a calendar year.
    months = np.where(odd, 9, months)
    calendar_years = [SPECIAL[name] for name in ("restatement", "late_filing")]
    months[calendar_years] = 12
    return kinds, months


def _lifetimes(
    count: int, years: int, calendar: Sessions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """First and last session of bars of every company."""
    first, end = calendar.first_bar, len(calendar.days) - 1
    span = end - first
    listed = np.full(count, first)
    late = _some(count, 0.04, rng, SPECIAL["late_listing"])
    listed[late] = first + (span * rng.uniform(0.15, 0.6, late.sum())).astype(int)
    last = np.full(count, end)
    gone = rng.random(count) < 0.02 * years
    gone[: len(SPECIAL)] = False
    gone[[number for name, number in SPECIAL.items() if name.startswith("delisting")]] = True
    gone &= ~late
    last[gone] = first + (span * rng.uniform(0.4, 0.9, gone.sum())).astype(int)
    return listed, last


def _delistings(
    last: np.ndarray, calendar: Sessions, rng: np.random.Generator
) -> tuple[dict[int, str], dict[int, float]]:
    """Why companies left, and the final return where the vendor gives one."""
    reasons: dict[int, str] = {}
    returns: dict[int, float] = {}
    special = {number: name for name, number in SPECIAL.items() if name.startswith("delisting")}
    for number in np.flatnonzero(last < len(calendar.days) - 1).tolist():
        failed, given = (rng.random(2) < 0.5).tolist()
        final = rng.uniform(-0.9, -0.3), rng.uniform(0.0, 0.04)
        if number in special:
            failed, given = "performance" in special[number], "with_return" in special[number]
        reasons[number] = PERFORMANCE if failed else MERGER
        if given:
            returns[number] = round(final[0] if failed else final[1], 4)
    return reasons, returns


def _ticker(number: int) -> str:
    """Four letters; distinct for numbers below 26 ** 4."""
    scrambled = (number * 48_271 + 11_213) % 26**4
    letters = []
    for _ in range(4):
        scrambled, letter = divmod(scrambled, 26)
        letters.append(chr(ord("A") + letter))
    return "".join(letters)


FIRST_WORDS = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Iris", "Juniper",
    "Keystone", "Larch", "Meridian", "Northern", "Orchard", "Pioneer", "Quarry", "River", "Summit",
    "Timber", "Upland", "Valley", "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
SECOND_WORDS = (
    "Bay", "Bridge", "Creek", "Field", "Ford", "Gate", "Grove", "Hill", "Lake", "Mill", "Park",
    "Point", "Ridge", "Rock", "Shore", "Spring", "Stone", "View", "Well", "Wood",
)  # fmt: skip
ENDINGS = ("Corp", "Inc.", "Holdings Inc", "Group Ltd", "Co", "Industries Inc")


def _name(number: int) -> str:
    """A made-up company name; distinct for every number."""
    if number == 0:
        return "Twin Classes Corp"
    rest, first = divmod(number, len(FIRST_WORDS))
    rest, second = divmod(rest, len(SECOND_WORDS))
    series = "" if rest == 0 else f" {rest + 1}"
    return f"{FIRST_WORDS[first]} {SECOND_WORDS[second]}{series} {ENDINGS[number % len(ENDINGS)]}"
