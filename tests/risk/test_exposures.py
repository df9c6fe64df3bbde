"""Exposures, regressions and specific risk of the sample against NumPy and statsmodels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import psycopg
import pytest
import statsmodels.api as sm

if TYPE_CHECKING:
    from conftest import BuiltSample

STYLES = [
    "size", "non_linear_size", "beta", "momentum", "short_term_reversal", "residual_volatility",
    "liquidity", "value", "earnings_yield", "growth", "leverage", "profitability",
    "investment_quality", "dividend_yield",
]  # fmt: skip
# Style -> its descriptors, with their signs: a second copy of rsk_exposures.sql, on purpose.
DESCRIPTORS = {
    "size": ["log_market_equity"],
    "beta": ["beta_252d"],
    "momentum": ["momentum_12m_1m"],
    "short_term_reversal": ["reversal_1m"],
    "residual_volatility": [
        "idiosyncratic_volatility_252d", "volatility_21d", "range_volatility_63d",
    ],
    "liquidity": ["turnover_21d", "-illiquidity_252d", "log_dollar_volume_63d"],
    "value": ["book_to_market"],
    "earnings_yield": ["earnings_to_price", "cash_flow_to_price"],
    "growth": ["sales_growth_1y", "earnings_growth_1y"],
    "leverage": ["debt_to_market", "debt_to_assets", "book_leverage"],
    "profitability": ["gross_profits_to_assets", "return_on_equity", "return_on_assets"],
    "investment_quality": ["-asset_growth_1y", "-investment_to_assets", "-accruals"],
    "dividend_yield": ["dividend_yield"],
}  # fmt: skip


@pytest.fixture(scope="module")
def conn(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built_sample.info, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def dates(conn: psycopg.Connection) -> list[date]:
    """A few sessions that have a regression."""
    rows = conn.execute(
        "select trade_date from marts.fct_regressions where reason is null order by 1"
    ).fetchall()
    return [row[0] for row in rows[70::120]]


def read(conn: psycopg.Connection, query: str, *parameters: object) -> pl.DataFrame:
    cursor = conn.execute(query, parameters)
    names = [column.name for column in cursor.description or []]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def exposures_of(conn: psycopg.Connection, day: date) -> pl.DataFrame:
    return read(
        conn,
        "select * from marts.fct_exposures where trade_date = %s order by security_id",
        day,
    )


def test_exposures_equal_numpy(conn, dates):
    for day in dates[:3]:
        got = exposures_of(conn, day)
        expected = expected_exposures(conn, day, got)
        for style in STYLES:
            np.testing.assert_allclose(
                got[style].to_numpy(), expected[style], rtol=1e-9, atol=1e-9, err_msg=style
            )


def expected_exposures(
    conn: psycopg.Connection, day: date, got: pl.DataFrame
) -> dict[str, np.ndarray]:
    """Exposures from z-scores of the factor library, step by step as the methodology has them."""
    names = [name.lstrip("-") for parts in DESCRIPTORS.values() for name in parts]
    long = read(
        conn,
        "select security_id, factor_id, zscore from marts.fct_factor_values "
        "where trade_date = %s and factor_id = any(%s)", day, names,
    )  # fmt: skip
    wide = got.select("security_id").join(
        long.pivot("factor_id", index="security_id", values="zscore"), on="security_id", how="left"
    )
    cap = got["cap_usd"].to_numpy()
    w = np.sqrt(cap)
    estimated = got["is_estimated"].to_numpy()
    sectors = got["sector"].to_numpy()
    made: dict[str, np.ndarray] = {}
    for style, parts in DESCRIPTORS.items():
        columns = np.array([
            (-1 if name.startswith("-") else 1) * wide[name.lstrip("-")].cast(pl.Float64).to_numpy()
            for name in parts
        ])  # fmt: skip
        known = ~np.isnan(columns)
        n_known = known.sum(axis=0)
        total = np.where(known, columns, 0).sum(axis=0)
        mean = np.where(n_known > 0, total / np.maximum(n_known, 1), np.nan)
        made[style] = imputed(mean, sectors, estimated)
    size = made["size"]
    centred = (size - np.average(size[estimated], weights=cap[estimated])) / size[estimated].std(
        ddof=1
    )
    made["non_linear_size"] = residual(centred**3, [size], w, estimated)
    made["residual_volatility"] = residual(
        made["residual_volatility"], [made["size"], made["beta"]], w, estimated
    )
    made["liquidity"] = residual(made["liquidity"], [size], w, estimated)
    return {style: standardized(values, cap, estimated) for style, values in made.items()}


def imputed(values: np.ndarray, sectors: np.ndarray, estimated: np.ndarray) -> np.ndarray:
    filled = values.copy()
    for at in np.flatnonzero(np.isnan(values)):
        peers = values[estimated & (sectors == sectors[at]) & ~np.isnan(values)]
        everyone = values[estimated & ~np.isnan(values)]
        filled[at] = peers.mean() if len(peers) >= 5 else everyone.mean() if len(everyone) else 0
    return filled


def residual(
    values: np.ndarray, others: list[np.ndarray], w: np.ndarray, estimated: np.ndarray
) -> np.ndarray:
    design = sm.add_constant(np.column_stack(others))
    fitted = sm.WLS(values[estimated], design[estimated], weights=w[estimated]).fit()
    return values - design @ fitted.params


def standardized(values: np.ndarray, cap: np.ndarray, estimated: np.ndarray) -> np.ndarray:
    mean = np.average(values[estimated], weights=cap[estimated])
    deviation = values[estimated].std(ddof=1)
    if not deviation > 1e-6:
        return np.zeros_like(values)
    return (values - mean) / deviation


def test_styles_are_standardized_and_orthogonal_where_they_should_be(conn, dates):
    for day in dates:
        got = exposures_of(conn, day).filter(pl.col("is_estimated"))
        cap = got["cap_usd"].to_numpy()
        w = np.sqrt(cap)
        for style in STYLES:
            x = got[style].to_numpy()
            if not x.any():
                continue
            assert np.average(x, weights=cap) == pytest.approx(0, abs=1e-10)
            assert x.std(ddof=1) == pytest.approx(1, rel=1e-9)
        for style, others in {
            "non_linear_size": ["size"],
            "liquidity": ["size"],
            "residual_volatility": ["size", "beta"],
        }.items():
            for other in others:
                both = np.cov(got[style].to_numpy(), got[other].to_numpy(), aweights=w)
                assert both[0, 1] == pytest.approx(0, abs=1e-9)


def test_what_was_missing_is_named(conn, dates):
    rows = read(conn, "select imputed from marts.fct_exposures where trade_date = %s", dates[0])
    assert {style for row in rows["imputed"] for style in row} <= set(STYLES)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_factor_returns_equal_statsmodels_on_lagged_exposures(conn, dates, number):
    day = dates[number]
    before = one(conn, "select max(session_date) from ref.session where session_date < %s", day)
    panel = panel_of(conn, day, before)
    estimated = panel.filter(pl.col("is_estimated") & pl.col("next_weight").is_not_null())
    # The weight is that of the first pass's residuals up to the day before.
    low, high = np.quantile(panel.filter(pl.col("is_estimated"))["excess_return"], [0.01, 0.99])
    y = np.clip(estimated["excess_return"].to_numpy(), low, high)
    kept = estimated["sector"].value_counts().filter(pl.col("count") >= 2)["sector"].to_list()
    mask = estimated["sector"].is_in(kept).to_numpy()
    estimated, y = estimated.filter(pl.Series(mask)), y[mask]
    sectors = sorted(set(estimated["sector"]))
    dummies = np.array([[float(s == name) for name in sectors] for s in estimated["sector"]])
    design = np.hstack([dummies, estimated.select(STYLES).to_numpy()])
    fitted = sm.WLS(y, design, weights=estimated["next_weight"].to_numpy()).fit()
    caps = estimated["cap_usd"].to_numpy()
    share = dummies.T @ caps / caps.sum()
    market = share @ fitted.params[: len(sectors)]
    expected = {"market": market} | {
        style: fitted.params[len(sectors) + place] for place, style in enumerate(STYLES)
    }
    got = dict(
        conn.execute(
            "select factor_id, factor_return from marts.fct_factor_returns where trade_date = %s",
            [day],
        ).fetchall()
    )
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-8, abs=1e-11), name
    for place, sector in enumerate(sectors):
        name = one(conn, "select risk.sector_factor(%s)", sector)
        assert got[name] == pytest.approx(fitted.params[place] - market, rel=1e-8, abs=1e-11)


def panel_of(conn: psycopg.Connection, day: date, before: date) -> pl.DataFrame:
    """Total returns of the day less the bill rate of the eve, beside the eve's exposures."""
    return read(
        conn,
        """
        select e.*, p.total_return - r.value / 100 / 252 as excess_return, f.next_weight
        from marts.fct_exposures as e
        inner join marts.fct_prices as p
            on e.security_id = p.security_id and p.trade_date = %s
        inner join intermediate.int_macro__as_known as r
            on r.series_id = 'DGS3MO' and r.trade_date = e.trade_date
        left join risk.rsk_residuals__first as f
            on e.security_id = f.security_id and e.trade_date = f.trade_date
        where e.trade_date = %s and p.total_return is not null
        order by e.security_id
        """,
        day, before,
    )  # fmt: skip


def one(conn: psycopg.Connection, statement: str, *parameters: object) -> Any:
    row = conn.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0]


def test_specific_returns_are_what_raw_returns_leave(conn, dates):
    for day in dates:
        before = one(conn, "select max(session_date) from ref.session where session_date < %s", day)
        panel = panel_of(conn, day, before)
        returns = dict(
            conn.execute(
                "select factor_id, coalesce(factor_return, 0) from marts.fct_factor_returns "
                "where trade_date = %s", [day],
            ).fetchall()
        )  # fmt: skip
        fitted = panel.select(STYLES).to_numpy() @ np.array([returns[s] for s in STYLES])
        sector = np.array([returns.get(name, 0.0) for name in panel["sector_factor_id"]])
        expected = panel["excess_return"].to_numpy() - returns["market"] - sector - fitted
        got = read(
            conn,
            "select security_id, specific_return from marts.fct_specific_returns "
            "where trade_date = %s order by security_id", day,
        )  # fmt: skip
        assert got["security_id"].to_list() == panel["security_id"].to_list()
        np.testing.assert_allclose(got["specific_return"].to_numpy(), expected, atol=1e-12)


def test_sector_returns_weighted_by_cap_sum_to_zero(conn):
    rows = conn.execute(
        "select sector_returns, sector_caps from risk.rsk_regressions where reason is null"
    ).fetchall()
    for returns, caps in rows:
        assert np.average(returns, weights=caps) == pytest.approx(0, abs=1e-15)


def test_series_volatility_equals_numpy(conn):
    day, names = conn.execute(
        "select trade_date, array_agg(security_id order by security_id) "
        "from marts.fct_specific_risk where model = 'short' and series_share = 1 "
        "group by 1 order by 1 desc limit 1"
    ).fetchone()
    for security_id in names[:5]:
        own = read(
            conn,
            "select s.session_no, r.specific_return from risk.rsk_specific_returns as r "
            "inner join ref.session as s on r.trade_date = s.session_date "
            "where r.security_id = %s and r.trade_date <= %s order by 1", security_id, day,
        )  # fmt: skip
        u, numbers = own["specific_return"].to_numpy(), own["session_no"].to_numpy()
        weights = 0.5 ** ((numbers[-1] - numbers) / 84)
        total = weights @ u**2
        earlier = dict(zip(numbers, u, strict=True))
        for lag in range(1, 6):
            lagged = np.array([earlier.get(number - lag, 0.0) for number in numbers])
            total += 2 * (1 - lag / 6) * (weights * u) @ lagged
        expected = np.sqrt(max(total, 0.1 * weights @ u**2) / weights.sum())
        got = one(
            conn,
            "select series_volatility from marts.fct_specific_risk "
            "where model = 'short' and security_id = %s and trade_date = %s", security_id, day,
        )  # fmt: skip
        assert got == pytest.approx(expected, rel=1e-9)


def test_specific_risk_is_shrunk_towards_the_decile(conn):
    day = one(conn, "select max(trade_date) from marts.fct_specific_risk where model = 'short'")
    frame = read(
        conn,
        "select e.security_id, e.cap_usd, r.series_volatility, r.structural_volatility, "
        "r.series_share, r.shrunk_volatility from marts.fct_specific_risk as r "
        "inner join marts.fct_exposures as e "
        "on r.security_id = e.security_id and r.trade_date = e.trade_date "
        "where r.model = 'short' and r.trade_date = %s order by e.cap_usd, e.security_id", day,
    )  # fmt: skip
    share = frame["series_share"].to_numpy()
    series = np.nan_to_num(frame["series_volatility"].cast(pl.Float64).to_numpy())
    blend = share * series + (1 - share) * frame["structural_volatility"].to_numpy()
    expected = np.empty_like(blend)
    for places in np.array_split(np.arange(len(blend)), 10):
        cap = frame["cap_usd"].to_numpy()[places]
        mean = np.average(blend[places], weights=cap)
        deviation = np.sqrt(np.mean((blend[places] - mean) ** 2))
        distance = 0.1 * np.abs(blend[places] - mean)
        v = distance / (deviation + distance)
        expected[places] = v * mean + (1 - v) * blend[places]
    np.testing.assert_allclose(frame["shrunk_volatility"].to_numpy(), expected, rtol=1e-9)


def test_window_volatility_equals_numpy(conn):
    rows = conn.execute(
        "select security_id, trade_date, series_volatility from marts.fct_specific_risk "
        "where model = 'classic' and n_days = 252 order by trade_date desc, security_id limit 5"
    ).fetchall()
    assert len(rows) == 5
    for security_id, day, got in rows:
        own = conn.execute(
            "select specific_return from marts.fct_specific_returns "
            "where security_id = %s and trade_date <= %s order by trade_date desc limit 252",
            [security_id, day],
        ).fetchall()
        assert got == pytest.approx(np.sqrt(np.mean(np.square(own))), rel=1e-9)


def test_specific_regime_multiplier_equals_numpy(conn):
    """Cap-weighted squared surprises over the forecasts of the session before, half-life 42."""
    rows = conn.execute(
        """
        select t.session_no, t.trade_date,
            sum(y.cap_usd * (u.specific_return / y.shrunk_volatility) ^ 2) / sum(y.cap_usd)
        from risk.rsk_specific_risk as t
        inner join risk.rsk_specific_risk as y on t.model_id = y.model_id
            and t.security_id = y.security_id and t.session_no - 1 = y.session_no
        inner join marts.fct_specific_returns as u
            on t.security_id = u.security_id and t.trade_date = u.trade_date
        where y.is_estimated and y.shrunk_volatility > 0 and t.model_id = (
            select specific_model_id from marts.dim_risk_model where model = 'short'
        )
        group by 1, 2 order by 1
        """
    ).fetchall()
    numbers = np.array([row[0] for row in rows])
    weights = 0.5 ** ((numbers[-1] - numbers) / 42)
    expected = np.sqrt(weights @ np.array([row[2] for row in rows]) / weights.sum())
    got = one(
        conn,
        "select distinct regime_multiplier from marts.fct_specific_risk "
        "where model = 'short' and trade_date = %s", rows[-1][1],
    )  # fmt: skip
    assert got == pytest.approx(expected, rel=1e-9)
