"""The risk model of a day, as the arrays that an optimizer takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
import psycopg
from numpy.typing import ArrayLike, NDArray
from psycopg.rows import dict_row

from factorium import database
from factorium.errors import NotReady
from factorium.optimization.errors import UnknownName, UnusableModel
from sql import query

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
# An array in the order of the model's tickers, or by ticker.
Weights = Mapping[str, float] | ArrayLike
Warehouse = str | psycopg.Connection | None

# Eigenvalues and asymmetries of this size, against the largest entry, are rounding.
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class RiskModel:
    """Covariance of n names as exposures to k factors and what is specific to each.

    Their returns over `horizon_days` sessions after the close of `trade_date` have the
    covariance B F B' + diag(d): `exposures` B (n × k, in standard deviations of the
    cross-section for styles, 1 or 0 for market and sectors), `factor_covariance` F
    (k × k) and `specific_variance` d (n), in squared fractions. `factor_kinds` (k) are
    market, sector and style. `caps` (n) are in USD, NaN where unknown. `uncovered` says
    of each name that was asked for and is not in the model, by ticker, why.

    Errors: UnusableModel on shapes that do not fit, NaN or infinity, a negative
    variance, and a matrix that is not symmetric and positive semidefinite.
    """

    trade_date: dt.date
    model: str
    horizon_days: int
    tickers: tuple[str, ...]
    security_ids: tuple[int, ...]
    factor_ids: tuple[str, ...]
    factor_kinds: tuple[str, ...]
    exposures: Matrix
    factor_covariance: Matrix
    specific_variance: Vector
    sectors: tuple[str, ...]
    caps: Vector
    uncovered: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, k = len(self.tickers), len(self.factor_ids)
        shapes = {
            "security_ids": (np.shape(self.security_ids), (n,)),
            "sectors": (np.shape(self.sectors), (n,)),
            "factor_kinds": (np.shape(self.factor_kinds), (k,)),
            "caps": (self.caps.shape, (n,)),
            "exposures": (self.exposures.shape, (n, k)),
            "factor_covariance": (self.factor_covariance.shape, (k, k)),
            "specific_variance": (self.specific_variance.shape, (n,)),
        }
        for name, (is_, should_be) in shapes.items():
            if is_ != should_be:
                raise UnusableModel(f"{name} has the shape {is_}, not {should_be}")
        if n == 0:
            raise UnusableModel("the risk model has no names")
        for name in ("exposures", "factor_covariance", "specific_variance"):
            _require_finite(name, getattr(self, name))
        if (self.specific_variance < 0).any():
            raise UnusableModel("specific_variance is negative")
        _require_covariance(self.factor_covariance)

    @cached_property
    def factor_root(self) -> Matrix:
        """Exposures times a root of the factor covariance: the n × k matrix R, R R' = B F B'."""
        values, vectors = np.linalg.eigh(self.factor_covariance)
        root: Matrix = self.exposures @ (vectors * np.sqrt(np.maximum(values, 0)))
        return root

    def covariance(self) -> Matrix:
        """Covariance of the names' returns over the horizon, n × n, B F B' + diag(d)."""
        systematic = self.exposures @ self.factor_covariance @ self.exposures.T
        # The product of three is symmetric but for rounding.
        covariance: Matrix = (systematic + systematic.T) / 2 + np.diag(self.specific_variance)
        return covariance

    def risk_of(self, weights: Weights) -> float:
        """Volatility of a portfolio over the horizon, a fraction. Weights: see `aligned`."""
        held = self.aligned(weights)
        return float(np.sqrt(held @ self._covariance_times(held)))

    def risk_shares(self, weights: Weights) -> Vector:
        """Share of each name in the portfolio's variance, n numbers with the sum 1."""
        held = self.aligned(weights)
        contributions = held * self._covariance_times(held)
        shares: Vector = contributions / contributions.sum()
        return shares

    def factor_exposures(self, weights: Weights) -> dict[str, float]:
        """Exposure of a portfolio to each factor."""
        held = self.aligned(weights) @ self.exposures
        return dict(zip(self.factor_ids, held.tolist(), strict=True))

    def aligned(self, weights: Weights) -> Vector:
        """Weights in the order of `tickers`: an array of n, or by ticker (others hold 0).

        Errors: UnknownName for a ticker that is not in the model, ValueError for
        another length, NaN or infinity.
        """
        if isinstance(weights, Mapping):
            held = np.zeros(len(self.tickers))
            held[[self.place(ticker) for ticker in weights]] = list(weights.values())
        else:
            held = np.asarray(weights, dtype=float)
        if held.shape != (len(self.tickers),):
            raise ValueError(f"{len(self.tickers)} weights are needed, not {held.shape}")
        if not np.isfinite(held).all():
            raise ValueError("weights have to be finite numbers")
        return held

    def place(self, ticker: str) -> int:
        """Row of a ticker. Errors: UnknownName where it has none, or two."""
        rows = self._rows.get(ticker, [])
        if len(rows) != 1:
            why = "names two securities" if rows else self.uncovered.get(ticker, "not asked for")
            raise UnknownName(f"{ticker} is not in the risk model of {self.trade_date}: {why}")
        return rows[0]

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, ticker in enumerate(self.tickers):
            rows.setdefault(ticker, []).append(row)
        return rows

    def _covariance_times(self, held: Vector) -> Vector:
        """The covariance times a vector, without the n × n matrix."""
        systematic = self.exposures @ (self.factor_covariance @ (held @ self.exposures))
        product: Vector = systematic + self.specific_variance * held
        return product


def load_risk_model(
    warehouse: Warehouse = None,
    model: str = "short",
    date: dt.date | None = None,
    *,
    universe: str | None = None,
    tickers: Sequence[str] | None = None,
    horizon_days: int = 1,
) -> RiskModel:
    """Read the risk model of a day from the marts, for a universe or a list of names.

    `warehouse` is a connection, libpq's settings as text, or None: the warehouse that
    the environment names, as for the command line. Without a date it is the last one
    the model covers; without names, every name it covers. Names come in the order of
    `tickers`, else by ticker. `horizon_days` is in sessions; variances grow with it.

    Errors: UnknownName for a model that is not in force, a date that it does not cover
    and a universe without members on the date; NotReady where nothing is built;
    UnusableModel where no name is covered; ValueError for a horizon below 1, or for
    universe and tickers at once.
    """
    if horizon_days < 1:
        raise ValueError(f"horizon_days has to be 1 or more, not {horizon_days}")
    if universe is not None and tickers is not None:
        raise ValueError("give a universe or tickers, not both")
    if tickers is None and universe is None:
        universe = "all"
    asked = None if tickers is None else list(dict.fromkeys(tickers))
    with _reading(warehouse) as conn:
        day = _day(conn, model, date)
        named = {"model": model, "trade_date": day, "universe": universe, "tickers": asked}
        names = _frame(conn, "risk_model_names", named)
        if names.is_empty() and universe is not None:
            raise UnknownName(f"universe {universe!r} has no members on {day}")
        ids = names["security_id"].drop_nulls().to_list()
        loadings = _frame(conn, "risk_model_exposures", {"trade_date": day, "security_ids": ids})
        factors, factor_covariance = _matrix(conn, model, day)
    covered, uncovered = _covered(names, loadings, factors)
    if covered.is_empty():
        reasons = ", ".join(sorted(set(uncovered.values()))) or "none asked for"
        raise UnusableModel(f"model {model} covers none of the names on {day}: {reasons}")
    return RiskModel(
        trade_date=day,
        model=model,
        horizon_days=horizon_days,
        tickers=tuple(covered["ticker"]),
        security_ids=tuple(covered["security_id"]),
        factor_ids=tuple(factors),
        factor_kinds=tuple(factors.values()),
        exposures=_exposures(covered, factors),
        factor_covariance=factor_covariance * horizon_days,
        specific_variance=covered["specific_volatility"].to_numpy() ** 2 * horizon_days,
        sectors=tuple(covered["sector"]),
        caps=covered["cap_usd"].to_numpy(),
        uncovered=uncovered,
    )


def load_returns(warehouse: Warehouse, model: RiskModel, days: int = 252) -> pl.DataFrame:
    """Excess returns of a model's names over the last sessions up to its date.

    A row per session in order, `trade_date` and a column per ticker, fractions; null
    where the risk models' regressions had none. For risk measures of scenarios.
    """
    if len(set(model.tickers)) < len(model.tickers):
        raise UnusableModel("two securities have the same ticker, and so would two columns")
    parameters = {
        "trade_date": model.trade_date,
        "days": days,
        "security_ids": list(model.security_ids),
    }
    with _reading(warehouse) as conn:
        long = _frame(conn, "risk_model_returns", parameters)
    wide = long.pivot(on="security_id", index="trade_date", values="excess_return")
    columns = [
        (
            pl.col(str(security_id))
            if str(security_id) in wide.columns
            else pl.lit(None, dtype=pl.Float64)
        ).alias(ticker)
        for ticker, security_id in zip(model.tickers, model.security_ids, strict=True)
    ]
    return wide.select("trade_date", *columns)


@contextmanager
def _reading(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """The connection given, or one that sees one state of the warehouse throughout."""
    if isinstance(warehouse, psycopg.Connection):
        yield warehouse
        return
    with database.connect("factorium_reader", info=warehouse) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        yield conn


def _frame(conn: psycopg.Connection, name: str, parameters: Mapping[str, object]) -> pl.DataFrame:
    with conn.cursor(row_factory=dict_row) as cursor:
        try:
            cursor.execute(query(name), parameters)
        except psycopg.errors.UndefinedTable as error:
            raise NotReady("the risk models are not built: factorium build") from error
        columns = [column.name for column in cursor.description or []]
        return pl.DataFrame(cursor.fetchall(), schema=columns, infer_schema_length=None)


def _day(conn: psycopg.Connection, model: str, asked: dt.date | None) -> dt.date:
    days = _frame(conn, "risk_model_day", {"model": model, "trade_date": asked})
    if days.is_empty():
        raise UnknownName(f"no risk model {model!r} is in force")
    day, first, last = days.row(0)
    if last is None:
        raise NotReady(f"risk model {model} covers no date yet: factorium build")
    if not isinstance(day, dt.date):
        raise UnknownName(f"risk model {model} covers sessions from {first} to {last}, not {asked}")
    return day


def _matrix(conn: psycopg.Connection, model: str, day: dt.date) -> tuple[dict[str, str], Matrix]:
    """Kinds of the factors, by factor_id in the order of the matrix; and the matrix."""
    pairs = _frame(conn, "risk_model_matrix", {"model": model, "trade_date": day})
    factors = dict(pairs.select("factor_id", "factor_kind").iter_rows())
    values = pairs["covariance"].cast(pl.Float64).to_numpy()
    return factors, values.reshape(len(factors), len(factors))


def _covered(
    names: pl.DataFrame, loadings: pl.DataFrame, factors: Mapping[str, str]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Names with all that the model needs, in order; and why the others are not there."""
    styles = [factor_id for factor_id, kind in factors.items() if kind == "style"]
    if missing := set(styles) - set(loadings.columns):
        raise UnusableModel(f"marts.fct_exposures has no columns {sorted(missing)}")
    # Without rows the columns of an answer have no type.
    key = pl.col("security_id").cast(pl.Int64)
    joined = names.with_columns(key).join(
        loadings.with_columns(key), on="security_id", how="left", maintain_order="left"
    )
    why = (
        pl.when(pl.col("security_id").is_null())
        .then(pl.lit("unknown ticker"))
        .when(pl.col("sector_factor_id").is_null())
        .then(pl.lit("no exposures"))
        .when(~pl.col("sector_factor_id").is_in(list(factors)))
        .then(pl.lit("its sector has no factor"))
        .when(pl.any_horizontal(pl.col(styles).is_null()))
        .then(pl.lit("a style is missing"))
        .when(pl.col("specific_volatility").is_null())
        .then(pl.lit("no specific risk"))
    )
    told = joined.with_columns(why=why)
    uncovered = told.filter(pl.col("why").is_not_null()).select("ticker", "why")
    return told.filter(pl.col("why").is_null()), dict(uncovered.iter_rows())


def _exposures(covered: pl.DataFrame, factors: Mapping[str, str]) -> Matrix:
    """The market is 1 for all, a sector for its members; styles are columns."""
    columns = []
    for factor_id, kind in factors.items():
        match kind:
            case "market":
                columns.append(np.ones(len(covered)))
            case "sector":
                columns.append((covered["sector_factor_id"] == factor_id).to_numpy().astype(float))
            case "style":
                columns.append(covered[factor_id].to_numpy())
            case _:
                raise UnusableModel(f"factor {factor_id} is of no known kind: {kind}")
    return np.column_stack(columns)


def _require_finite(name: str, values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all():
        raise UnusableModel(f"{name} has {(~np.isfinite(values)).sum()} entries that are no number")


def _require_covariance(matrix: Matrix) -> None:
    size = np.abs(matrix).max(initial=0)
    if np.abs(matrix - matrix.T).max(initial=0) > ROUNDING * size:
        raise UnusableModel("factor_covariance is not symmetric")
    least = np.linalg.eigvalsh(matrix).min(initial=0)
    if least < -ROUNDING * size:
        raise UnusableModel(
            f"factor_covariance is not positive semidefinite: its least eigenvalue is {least:.3g}"
        )
