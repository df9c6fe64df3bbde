"""The validation page of the risk models, from a built warehouse: figures and tables.

    eval "$(factorium env)" && python docs/validation.py

Writes docs/images/*.png and docs/risk-validation.md, of which the section on recorded
data stays as it was written. Reads marts, and the daily tests behind them. Minimum-variance
portfolios are solved here, in NumPy, from the models' own numbers: the solver is not
the warehouse's job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import psycopg

from factorium.database import conninfo

HERE = Path(__file__).parent
IMAGES = HERE / "images"
KINDS = ["random", "sector", "style", "market"]
PLAIN = ["sample_252", "one_factor"]
COLORS = mpl.colormaps["tab10"].colors


@dataclass(frozen=True)
class Day:
    """Names of one close: weights' ingredients, what they earned next, and before."""

    on: date
    forecasts: dict[str, np.ndarray]  # model -> covariance of the names
    next_return: np.ndarray
    past: np.ndarray  # 252 days x names, 0 where a name had no return


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with psycopg.connect(conninfo(), autocommit=True) as conn:
        plot_factor_returns(conn)
        plot_correlations(conn)
        plot_bias(conn)
        page = "\n".join([*INTRODUCTION, *tables(conn), *minimum_variance(conn), *explained(conn)])
    target = HERE / "risk-validation.md"
    # What was written by hand below its heading stays.
    _, heading, kept = target.read_text().partition(BY_HAND) if target.exists() else ("", "", "")
    target.write_text(page + "\n" + ("\n" + heading + kept if heading else ""))


def read(conn: psycopg.Connection, query: str, *parameters: object) -> pl.DataFrame:
    cursor = conn.execute(query, parameters)
    names = [column.name for column in cursor.description or []]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def plot_factor_returns(conn: psycopg.Connection) -> None:
    frame = read(
        conn,
        "select r.trade_date, r.factor_id, r.factor_kind, r.factor_return "
        "from marts.fct_factor_returns as r inner join marts.dim_risk_factor as f "
        "on r.factor_id = f.factor_id order by f.place, r.trade_date",
    )
    figure, axes = plt.subplots(1, 3, figsize=(15, 6.5))
    for axis, kind in zip(axes, ["market", "sector", "style"], strict=True):
        own = frame.filter(pl.col("factor_kind") == kind)
        for place, (key, group) in enumerate(own.group_by("factor_id", maintain_order=True)):
            total = group["factor_return"].fill_null(0).cum_sum() * 100
            axis.plot(
                group["trade_date"], total, label=str(key[0]).removeprefix("sector_"),
                color=COLORS[place % 10], linestyle="-" if place < 10 else "--", linewidth=1,
            )  # fmt: skip
        axis.set_title(f"{kind}: cumulative return, %")
        axis.axhline(0, color="black", linewidth=0.5)
        axis.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.15))
        axis.tick_params(axis="x", labelrotation=30)
    save(figure, "factor-returns")


def plot_correlations(conn: psycopg.Connection) -> None:
    frame = read(
        conn,
        "select c.factor_id, c.correlation, c.trade_date from marts.fct_factor_covariance as c "
        "inner join marts.dim_risk_factor as f on c.factor_id = f.factor_id "
        "inner join marts.dim_risk_factor as g on c.other_factor_id = g.factor_id "
        "where c.model = 'short' and c.trade_date = "
        "(select last_date from marts.dim_risk_model where model = 'short' and is_in_force) "
        "order by f.place, g.place",
    )
    names = [
        name.removeprefix("sector_") for name in frame["factor_id"].unique(maintain_order=True)
    ]
    matrix = frame["correlation"].to_numpy().reshape(len(names), len(names))
    figure, axis = plt.subplots(figsize=(9, 8))
    image = axis.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_title(f"Correlations of factor returns, model short, {frame['trade_date'][0]}")
    figure.colorbar(image, shrink=0.8)
    save(figure, "correlations")


def plot_bias(conn: psycopg.Connection) -> None:
    frame = read(conn, "select * from marts.fct_risk_validation order by model, portfolio")
    models = frame["model"].unique(maintain_order=True).to_list()
    figure, axis = plt.subplots(figsize=(10, 5))
    band = float(np.sqrt(2 / frame["n_tests"].to_numpy().max()))
    axis.axhspan(1 - band, 1 + band, color="0.9", label="95 % band, normal returns")
    axis.axhline(1, color="black", linewidth=0.5)
    for place, kind in enumerate(KINDS):
        own = frame.filter(pl.col("portfolio_kind") == kind)
        at = [models.index(model) + (place - 1.5) * 0.15 for model in own["model"]]
        axis.scatter(at, own["bias_statistic"], s=14, color=COLORS[place], label=kind)
    axis.set_xticks(range(len(models)), models)
    axis.set_ylabel("bias statistic")
    axis.legend(fontsize=8, ncols=5)
    save(figure, "bias-statistics")


def save(figure: plt.Figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(IMAGES / f"{name}.png", dpi=90, metadata={"Software": None})
    plt.close(figure)


BY_HAND = "## The same on recorded data"
INTRODUCTION = [
    "# Validation of the risk models",
    "",
    "Made by `docs/validation.py` from a built warehouse; the page in the repository is that of",
    "the sample market of `make run` (300 names, five years, volatilities with GARCH, Student-t",
    "tails and one jump). What the numbers mean: [Risk models](risk.md).",
    "",
    "![Cumulative factor returns](images/factor-returns.png)",
    "",
    "![Correlations](images/correlations.png)",
    "",
    "![Bias statistics](images/bias-statistics.png)",
]


def tables(conn: psycopg.Connection) -> Iterator[str]:
    """Bias and QLIKE by model and kind of portfolio, means over its portfolios."""
    frame = read(
        conn,
        "select model, portfolio_kind, count(*) as n, max(n_tests) as n_tests, "
        "avg(bias_statistic) as bias, avg((abs(bias_statistic - 1) <= bias_band)::int) as inside, "
        "avg(quasi_likelihood_loss) as loss, min(first_date) as since, max(last_date) as until "
        "from marts.fct_risk_validation group by 1, 2",
    )
    models = sorted(set(frame["model"]) - set(PLAIN)) + PLAIN
    yield ""
    yield (
        f"{frame['n_tests'].max()} test dates, every tenth session, {frame['since'].min()} to "
        f"{frame['until'].max()}. Bias statistic (share of portfolios in the band) and mean QLIKE:"
    )
    yield ""
    yield "| model | " + " | ".join(f"{kind}: bias | QLIKE" for kind in KINDS) + " |"
    yield "|---" * (1 + 2 * len(KINDS)) + "|"
    for model in models:
        cells = []
        for kind in KINDS:
            row = frame.filter((pl.col("model") == model) & (pl.col("portfolio_kind") == kind)).row(
                0, named=True
            )
            cells += [f"{row['bias']:.3f} ({row['inside']:.0%})", f"{row['loss']:.3f}"]
        yield f"| {model} | " + " | ".join(cells) + " |"


def minimum_variance(conn: psycopg.Connection) -> Iterator[str]:
    """Fully invested minimum-variance portfolios of each model, forecast by all."""
    models = read(conn, "select model from marts.dim_risk_model where is_in_force order by 1")
    named = models["model"].to_list()
    z: dict[tuple[str, str], list[float]] = {}
    losses: dict[tuple[str, str], list[float]] = {}
    n_days = 0
    for day in days(conn, named):
        n_days += 1
        for owner in named:
            weights = np.linalg.solve(day.forecasts[owner], np.ones(len(day.next_return)))
            weights /= weights.sum()
            earned = weights @ day.next_return
            variances = {owner: weights @ day.forecasts[owner] @ weights}
            if owner == "short":
                variances |= {m: weights @ day.forecasts[m] @ weights for m in named}
                variances["sample_252"] = np.mean((day.past @ weights) ** 2)
                variances["one_factor"] = one_factor(day.past, weights)
            for forecaster, variance in variances.items():
                z.setdefault((owner, forecaster), []).append(earned / np.sqrt(variance))
                losses.setdefault((owner, forecaster), []).append(
                    earned**2 / variance + np.log(variance)
                )
    yield ""
    yield (
        f"Fully invested minimum-variance portfolios (long and short, no limits), solved anew on "
        f"{n_days} of the test dates, next day's return:"
    )
    yield ""
    yield "| portfolio of | forecast by | bias | QLIKE |"
    yield "|---|---|---|---|"
    for owner, forecaster in sorted(z):
        yield (
            f"| {owner} | {forecaster} | {np.std(z[owner, forecaster]):.3f} "
            f"| {np.mean(losses[owner, forecaster]):.3f} |"
        )


def one_factor(past: np.ndarray, weights: np.ndarray) -> float:
    """Variance by betas to the names' mean and uncorrelated rests."""
    market = past.mean(axis=1)
    betas = past.T @ market / (market @ market)
    rests = ((past - np.outer(market, betas)) ** 2).mean(axis=0)
    return float((weights @ betas) ** 2 * np.mean(market**2) + weights**2 @ rests)


def days(conn: psycopg.Connection, models: list[str]) -> Iterator[Day]:
    """Every other test date, with all names that every model covers."""
    tests = read(
        conn,
        "select distinct trade_date from risk.rsk_forecast_tests where model = 'sample_252' "
        "and trade_date >= (select max(first_date) + 5 from marts.dim_risk_model) order by 1",
    )["trade_date"].to_list()[::2]
    returns = (
        read(conn, "select trade_date, security_id, excess_return from marts.fct_specific_returns")
        .pivot("security_id", index="trade_date", values="excess_return")
        .sort("trade_date")
    )
    calendar = returns["trade_date"].to_list()
    styles = read(
        conn,
        "select factor_id from marts.dim_risk_factor where factor_kind = 'style' order by place",
    )["factor_id"].to_list()
    for on in tests:
        at = calendar.index(on)
        if at < 253:
            continue
        eve = calendar[at - 1]
        names = read(
            conn, "select * from marts.fct_exposures where trade_date = %s and is_estimated "
            "order by security_id", eve,
        )  # fmt: skip
        specific = read(
            conn, "select model, security_id, specific_volatility from marts.fct_specific_risk "
            "where trade_date = %s", eve,
        ).pivot("model", index="security_id", values="specific_volatility")  # fmt: skip
        names = names.join(specific, on="security_id").drop_nulls(models)
        ids = [str(name) for name in names["security_id"]]
        after = returns.row(at, named=True)
        traded = np.array([after[name] is not None for name in ids])
        names = names.filter(pl.Series(traded))
        ids = [name for name, is_traded in zip(ids, traded, strict=True) if is_traded]
        forecasts = {
            model: covariance(conn, model, eve, names, styles) for model in models
        }  # fmt: skip
        past = returns[at - 252 : at].select(ids).fill_null(0).to_numpy()
        yield Day(on, forecasts, np.array([after[name] for name in ids]), past)


def covariance(
    conn: psycopg.Connection, model: str, on: date, names: pl.DataFrame, styles: list[str]
) -> np.ndarray:
    """Covariance of names under a model: exposures, factors, specific variances."""
    row = conn.execute(
        "select factor_ids, covariance from risk.factor_covariance(%s, %s)", [model, on]
    ).fetchone()
    assert row is not None
    factors = {factor: place for place, factor in enumerate(row[0])}
    exposures = np.zeros((len(names), len(factors)))
    exposures[:, 0] = 1
    for place, sector in enumerate(names["sector_factor_id"]):
        exposures[place, factors[sector]] = 1
    for style in styles:
        exposures[:, factors[style]] = names[style].to_numpy()
    own = names[model].to_numpy() ** 2
    return exposures @ np.array(row[1]) @ exposures.T + np.diag(own)


def explained(conn: psycopg.Connection) -> Iterator[str]:
    """R2 of the daily regressions, with and without styles, in and out of sample."""
    row = read(
        conn,
        "select count(*) as n, avg(r2) as r2, avg(sectors_r2) as sectors, "
        "avg(adjusted_r2) as adjusted, avg(adjusted_sectors_r2) as adjusted_sectors, "
        "avg(n_names) as names from marts.fct_regressions where reason is null",
    ).row(0, named=True)
    yield ""
    yield (
        f"R² of the daily regressions (weighted, centred, raw returns; mean of {row['n']} days, "
        f"{row['names']:.0f} names): market and sectors {row['sectors']:.1%}, with styles "
        f"{row['r2']:.1%}; adjusted for degrees of freedom {row['adjusted_sectors']:.1%} and "
        f"{row['adjusted']:.1%}."
    )
    out = read(conn, "select avg(r2) as r2, avg(sectors_r2) as sectors, count(*) as n "
                     "from risk.out_of_sample_r2()")  # fmt: skip
    row = out.row(0, named=True)
    yield (
        f"Out of sample (factor returns estimated without the name, ten folds; "
        f"{row['n']} days): {row['sectors']:.1%} and {row['r2']:.1%}, so styles add "
        f"{100 * (row['r2'] - row['sectors']):.1f} points."
    )


if __name__ == "__main__":
    main()
