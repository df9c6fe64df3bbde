"""Returns, prices and the fundamentals they are tied to, day by day.

A session's return is market + sector + style factors (exposures known at the
previous close) + specific. The value exposure is the book-to-market ratio that
a reader of the filings would have computed; book equity in turn drifts towards
a multiple of the price, so that prices and fundamentals stay together.

Prices here are on the basis of the first simulated session: no splits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from factorium.sample import planted
from factorium.sample.plan import SPECIAL, Plan
from factorium.sample.randomness import stream
from factorium.sample.schedule import Schedule
from factorium.sample.sessions import Sessions

# Sessions back from a return; from its previous close they are 252 and 21.
MOMENTUM_FROM, MOMENTUM_TO = 253, 22
EXPOSURE_LIMIT = 3.0
RETURN_LIMITS = (-0.5, 0.6)
BOOK_DRIFT, BOOK_PULL, BOOK_VOLATILITY = 0.05, 0.3, 0.08  # a year
ROE_MEAN, ROE_QUALITY, ROE_NOISE = 0.12, 0.07, 0.06  # a year
STOCK_COMPENSATION = 0.004  # of book equity, a quarter
PAYOUT = 0.35
LARGEST_SHARE_CHANGE = 0.03  # a quarter
RESTATED_BOOK = 0.04  # share of book equity that a restatement takes away
SPINOFF_FRACTION = 0.15
Progress = Callable[[str, int, int], None]


@dataclass
class Paths:
    """What was simulated. [session, company] from the first simulated session.

    price, total_return, specific_return, specific_volatility; exposures
    [session, company, style] apply to the return of the session; known_quarter:
    the latest reported quarter at the previous close. [company, quarter]: book
    equity, shares, net income, dividends per share, their ex session (simulated
    position). restated_book [company].
    """

    price: np.ndarray
    total_return: np.ndarray
    specific_return: np.ndarray
    specific_volatility: np.ndarray
    exposures: np.ndarray
    known_quarter: np.ndarray
    factor_returns: np.ndarray
    common_volatility: np.ndarray
    distribution: np.ndarray
    book: np.ndarray
    shares: np.ndarray
    net_income: np.ndarray
    dividend_per_share: np.ndarray
    ex_dividend: np.ndarray
    restated_book: np.ndarray
    spinoff_session: int
    spinoff_amount: float


@dataclass
class _State:
    """The simulation between two sessions, one element per company."""

    price: np.ndarray
    log_book: np.ndarray
    garch: np.ndarray
    known: np.ndarray
    known_log_book: np.ndarray
    known_shares: np.ndarray


class Simulation:
    """One market's random walk; `run` returns its paths."""

    def __init__(self, plan: Plan, schedule: Schedule, calendar: Sessions, **market: int) -> None:
        self.plan, self.schedule, self.calendar = plan, schedule, calendar
        self.rng = stream("simulation", **market)
        self.sessions = len(calendar.simulated)
        self.market_from = calendar.first_bar - calendar.first_simulated
        self._draw_companies()
        self._draw_history()
        self._draw_returns()
        self._place_events()

    def run(self, progress: Progress | None = None) -> Paths:
        """Walk through all sessions."""
        state = self._start()
        for session in range(self.sessions):
            self._step(session, state)
            if progress is not None and session % 50 == 0:
                progress("prices", session, self.sessions)
        for company in np.flatnonzero(self.schedule.restated >= 0).tolist():
            self.paths.restated_book[company] = self._restated_book(company)
        return self.paths

    def _draw_companies(self) -> None:
        rng, count = self.rng, self.plan.count
        self.volatility = np.clip(0.30 * np.exp(0.35 * rng.standard_normal(count)), 0.15, 0.8)
        self.beta = rng.standard_normal(count)
        cap = np.clip(np.exp(np.log(3e9) + 1.4 * rng.standard_normal(count)), 1e8, 2e12)
        self.price = np.clip(np.exp(np.log(45) + 0.6 * rng.standard_normal(count)), 8, 220)
        self._price_special(rng)
        self.first_shares = np.round(cap / self.price / 1000) * 1000
        spread = np.clip(np.log(0.5) + 0.5 * rng.standard_normal(count), -2.5, 0.7)
        self.log_multiple = -spread
        self.log_book = np.log(self.first_shares * self.price) + spread
        self.pays = rng.random(count) < 0.65
        self.first_momentum = rng.standard_normal(count)

    def _price_special(self, rng: np.random.Generator) -> None:
        for name, low, high in (
            ("split_2_for_1", 150, 210),
            ("split_3_for_1", 180, 240),
            ("split_between_period_end_and_filing", 180, 240),
            ("split_1_for_8", 3.2, 4.2),
        ):
            self.price[SPECIAL[name]] = rng.uniform(low, high)

    def _draw_history(self) -> None:
        """Latent quality of all quarters, and the books before the first session."""
        rng, shape = self.rng, self.schedule.end.shape
        shocks = rng.standard_normal(shape)
        quality = np.empty(shape)
        quality[:, 0] = shocks[:, 0]
        for quarter in range(1, shape[1]):
            quality[:, quarter] = (
                0.93 * quality[:, quarter - 1] + np.sqrt(1 - 0.93**2) * (shocks[:, quarter])
            )
        self.quality = quality
        noise = ROE_NOISE * rng.standard_normal(shape)
        self.roe = np.clip(ROE_MEAN + ROE_QUALITY * quality + noise, -0.3, 0.42)
        self.closes = self.calendar.at_or_before(self.schedule.end) - self.calendar.first_simulated
        self.closes[self.schedule.end > self.calendar.days[-1]] = self.sessions
        self.is_past = self.closes < 0
        steps = BOOK_DRIFT / 4 + BOOK_VOLATILITY / 2 * rng.standard_normal(shape)
        back = np.cumsum((steps * self.is_past)[:, ::-1], axis=1)[:, ::-1]
        book = np.where(self.is_past, _thousands(np.exp(self.log_book[:, None] - back)), 0)
        growth = 0.005 * rng.standard_normal(shape) * self.is_past
        growth_back = np.cumsum(growth[:, ::-1], axis=1)[:, ::-1]
        shares = np.where(
            self.is_past, np.round(self.first_shares[:, None] * np.exp(-growth_back)), 0
        )
        self._past_income(book, shares)

    def _past_income(self, book: np.ndarray, shares: np.ndarray) -> None:
        before = np.concatenate([book[:, :1], book[:, :-1]], axis=1)
        income = _thousands(before * self.roe * self.schedule.days / 365)
        count = self.plan.count
        self.paths = Paths(
            **{
                name: np.zeros((self.sessions, count))
                for name in (
                    "price", "total_return", "specific_return", "specific_volatility",
                    "distribution",
                )
            },
            exposures=np.zeros((self.sessions, count, len(planted.STYLES)), np.float32),
            known_quarter=np.zeros((self.sessions, count), np.int16),
            factor_returns=np.zeros((self.sessions, len(planted.FACTORS))),
            common_volatility=np.ones(self.sessions),
            book=book,
            shares=shares,
            net_income=np.where(self.is_past, income, 0),
            dividend_per_share=np.zeros(book.shape),
            ex_dividend=self.calendar.at_or_after(self.schedule.start + 35)
            - self.calendar.first_simulated,
            restated_book=np.zeros(count),
            spinoff_session=self.market_from + (self.sessions - self.market_from) // 2,
            spinoff_amount=0.0,
        )  # fmt: skip
        for quarter in range(1, book.shape[1]):
            # The first quarter after the history is declared within it.
            rows = np.flatnonzero(self.is_past[:, quarter - 1])
            self._declare(rows, np.full(len(rows), quarter - 1))

    def _declare(self, rows: np.ndarray, quarters: np.ndarray) -> None:
        """Set the dividend of the next quarter from the income of the last four."""
        inside = quarters + 1 < self.paths.book.shape[1]
        rows, quarters = rows[inside], quarters[inside]
        income = self.paths.net_income
        recent = sum(income[rows, np.maximum(quarters - back, 0)] for back in range(4)) / 4
        amount = PAYOUT * np.maximum(recent, 0) / self.paths.shares[rows, quarters]
        self.paths.dividend_per_share[rows, quarters + 1] = np.where(
            self.pays[rows], np.round(amount, 4), 0
        )

    def _draw_returns(self) -> None:
        rng, sessions, count = self.rng, self.sessions, self.plan.count
        common = planted.common_volatility(sessions, self.market_from, rng)
        root = np.linalg.cholesky(planted.covariance())
        shocks = rng.standard_normal((sessions, len(planted.FACTORS))) @ root.T
        self.paths.common_volatility = common
        self.paths.factor_returns = planted.premia() + shocks * common[:, None]
        self.shocks = rng.standard_t(planted.TAIL_DEGREES, (sessions, count)) * np.sqrt(
            (planted.TAIL_DEGREES - 2) / planted.TAIL_DEGREES
        )
        self.log_index = np.zeros((sessions, count))
        self.book_shocks = rng.standard_normal((sessions, count)) * (
            BOOK_VOLATILITY / np.sqrt(planted.DAYS)
        )

    def _place_events(self) -> None:
        known = self.schedule.known - self.calendar.first_simulated
        exists = self.schedule.exists
        self.on_close = _by_session(self.closes, ~self.is_past, self.sessions)
        self.on_known = _by_session(known, exists & (known >= 0), self.sessions)
        self.on_dividend = _by_session(
            self.paths.ex_dividend, self.paths.ex_dividend >= 0, self.sessions
        )
        amended = (self.schedule.amended_known - self.calendar.first_simulated)[:, None]
        self.on_amended = _by_session(
            amended, (self.schedule.restated >= 0)[:, None], self.sessions
        )
        self.known_before = np.where(exists & (known < 0), np.arange(known.shape[1]), -1).max(
            axis=1
        )

    def _start(self) -> _State:
        # A company without filings yet is priced on its unpublished past books.
        last_past = self.is_past.sum(axis=1) - 1
        known = np.where(self.known_before >= 0, self.known_before, last_past)
        rows = np.arange(self.plan.count)
        return _State(
            price=self.price.copy(),
            log_book=self.log_book.copy(),
            garch=np.ones(self.plan.count),
            known=known,
            known_log_book=np.log(self.paths.book[rows, known]),
            known_shares=self.paths.shares[rows, known].copy(),
        )

    def _step(self, session: int, state: _State) -> None:
        paths = self.paths
        exposures = self._exposures(session, state)
        factors = paths.factor_returns[session]
        common = paths.common_volatility[session]
        volatility = self.volatility / np.sqrt(planted.DAYS) * np.sqrt(state.garch) * common
        shock = self.shocks[session]
        systematic = factors[0] + factors[1 + self.plan.sector] + exposures @ factors[-6:]
        total = np.clip(systematic + volatility * shock, *RETURN_LIMITS)
        state.garch = np.minimum(
            1 - planted.GARCH_ALPHA - planted.GARCH_BETA
            + state.garch * (planted.GARCH_ALPHA * shock**2 + planted.GARCH_BETA),
            8.0,
        )  # fmt: skip
        self.log_index[session] = self.log_index[session - 1] + np.log1p(total)
        paid = self._distributions(session, state, total)
        state.price = state.price * (1 + total) - paid
        paths.exposures[session] = exposures
        paths.total_return[session] = total
        paths.specific_return[session] = total - systematic
        paths.specific_volatility[session] = volatility
        paths.distribution[session] = paid
        paths.price[session] = state.price
        paths.known_quarter[session] = state.known
        self._move_books(session, state)

    def _exposures(self, session: int, state: _State) -> np.ndarray:
        """Standardized style exposures at the previous close, [company, style]."""
        cap = np.log(state.price * state.known_shares)
        raw = np.stack(
            [
                state.known_log_book - cap,
                cap,
                self._momentum(session),
                self.quality[np.arange(self.plan.count), state.known],
                -np.log(self.volatility),
                self.beta,
            ],
            axis=1,
        )
        position = session + self.calendar.first_simulated
        listed = (self.plan.listed < position) & (self.plan.last >= position)
        if not listed.any():
            listed[:] = True
        centred = raw - raw[listed].mean(axis=0)
        scaled = centred / np.maximum(raw[listed].std(axis=0), 1e-9)
        return np.asarray(np.clip(scaled, -EXPOSURE_LIMIT, EXPOSURE_LIMIT))

    def _momentum(self, session: int) -> np.ndarray:
        """Log total return from twelve months to one month before the previous close."""
        if session < MOMENTUM_FROM:
            return self.first_momentum
        recent, old = self.log_index[session - MOMENTUM_TO], self.log_index[session - MOMENTUM_FROM]
        return np.asarray(recent - old)

    def _distributions(self, session: int, state: _State, total: np.ndarray) -> np.ndarray:
        """Dividends and the spin-off per share on this ex session."""
        paid = np.zeros(self.plan.count)
        rows, quarters = self.on_dividend[session]
        amount = np.minimum(
            self.paths.dividend_per_share[rows, quarters],
            np.round(0.04 * state.price[rows], 4),
        )
        self.paths.dividend_per_share[rows, quarters] = amount
        paid[rows] = amount
        if session == self.paths.spinoff_session:
            company = SPECIAL["spinoff"]
            value = round(SPINOFF_FRACTION * state.price[company] * (1 + total[company]), 2)
            self.paths.spinoff_amount = value
            paid[company] += value
        return paid

    def _move_books(self, session: int, state: _State) -> None:
        cap = np.log(state.price * state.known_shares)
        gap = cap - state.log_book - self.log_multiple
        state.log_book = (
            state.log_book
            + (BOOK_DRIFT + BOOK_PULL * gap) / planted.DAYS
            + self.book_shocks[session]
        )
        rows, quarters = self.on_close[session]
        if len(rows):
            self._close_quarter(rows, quarters, state)
        rows, quarters = self.on_known[session]
        state.known[rows] = quarters
        state.known_log_book[rows] = np.log(self.paths.book[rows, quarters])
        state.known_shares[rows] = self.paths.shares[rows, quarters]
        rows, _ = self.on_amended[session]
        for company in rows.tolist():
            self._amend(company, state)

    def _close_quarter(self, rows: np.ndarray, quarters: np.ndarray, state: _State) -> None:
        """Fix the books of the quarters that end on this session."""
        paths, before = self.paths, quarters - 1
        book = _thousands(np.exp(state.log_book[rows]))
        days = self.schedule.days[rows, quarters]
        income = _thousands(paths.book[rows, before] * self.roe[rows, quarters] * days / 365)
        dividends = paths.dividend_per_share[rows, quarters] * paths.shares[rows, before]
        raised = (
            book - paths.book[rows, before] - income + dividends - STOCK_COMPENSATION * book
        ) / (state.price[rows] * paths.shares[rows, before])
        change = np.clip(raised, -LARGEST_SHARE_CHANGE, LARGEST_SHARE_CHANGE)
        paths.book[rows, quarters] = book
        paths.net_income[rows, quarters] = income
        paths.shares[rows, quarters] = np.round(paths.shares[rows, before] * (1 + change))
        self._declare(rows, quarters)

    def _amend(self, company: int, state: _State) -> None:
        quarter = self.schedule.restated[company]
        if state.known[company] == quarter:
            state.known_log_book[company] = np.log(self._restated_book(company))

    def _restated_book(self, company: int) -> float:
        book = self.paths.book[company, self.schedule.restated[company]]
        return float(book - _thousands(RESTATED_BOOK * book))


def _thousands(amount: np.ndarray) -> np.ndarray:
    """Amounts as filings round them, in whole thousands."""
    return np.round(amount / 1000) * 1000


def _by_session(
    position: np.ndarray, chosen: np.ndarray, sessions: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For every session the (company, quarter) pairs whose position it is."""
    rows, quarters = np.nonzero(chosen & (position < sessions))
    at = position[rows, quarters]
    order = np.argsort(at, kind="stable")
    cuts = np.searchsorted(at[order], np.arange(1, sessions))
    return list(zip(np.split(rows[order], cuts), np.split(quarters[order], cuts), strict=True))
