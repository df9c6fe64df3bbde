"""Cross-sectional factor returns of a stored panel, beside toraniko and skfolio.

    python bench/factor_returns.py [--names 3000] [--days 2520] [--styles 3 14]
                                   [--peer-days 60]

A server of its own makes a random panel, ordered by date: 11 sectors and so many
styles. Then, for each number of styles, the seconds of

- risk.factor_returns over all days: market, sectors, styles, standard errors,
  variance inflation factors, R2; and the same with every specific return stored;
- risk.toraniko_factor_returns and toraniko's estimate_factor_returns, which also
  returns residuals, on the first --peer-days days;
- skfolio's CharacteristicsFactorModel, which also estimates covariances, and its
  weighted regression alone, on the same days, from arrays in memory.

Peers have two turns, NumPy on all cores and on one, of which the faster counts;
their seconds are multiplied by days / peer days for the ratios: their work is
day by day. Making their input is not counted. How far the factor returns of the
warehouse and the peer are apart is printed. No target: reported.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
from skfolio.containers import AssetPanel
from skfolio.descriptor import Passthrough
from skfolio.factor_exposure import FixedWeightedFactor, GlobalFactor, OneHotCategoricalFactors
from skfolio.linear_model import CSLinearRegression
from skfolio.prior import CharacteristicsFactorModel, EmpiricalPrior
from threadpoolctl import threadpool_limits
from toraniko.model import estimate_factor_returns

from factorium import server
from factorium.migrate import migrate

SECTORS = [f"sector_{n:02}" for n in range(1, 12)]
PANEL = """
create unlogged table risk.bench_panel as
select
    date '2014-01-01' + day as trade_date,
    security_id,
    'sector_' || lpad((1 + security_id % {n_sectors})::text, 2, '0') as sector,
    sqrt(cap) as weight,
    cap,
    true as is_estimated,
    greatest(least(excess_return, 0.08), -0.08) as estimation_return,
    excess_return{styles}
from (
    select
        day,
        security_id,
        exp(20 + 3 * random() + security_id % 7) as cap,
        0.02 * (random() + random() + random() + random() - 2) as excess_return
    from generate_series(1, {days}) as day
    cross join generate_series(1, {names}) as security_id
    offset 0
) as made
order by trade_date, security_id
"""
SPECIFIC = """
create unlogged table risk.bench_specific as
select
    trade_date, security_id, excess_return - (explained{styles}) as specific_return
from risk.bench_panel
inner join (
    select
        trade_date, sector, market_return + sector_return as explained, style_returns
    from risk.bench_factor_returns
    cross join unnest(sectors, sector_returns) as s (sector, sector_return)
) as day using (trade_date, sector)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--names", type=int, default=3000)
    arguments.add_argument("--days", type=int, default=2520)
    arguments.add_argument("--styles", type=int, nargs="+", default=[3, 14])
    arguments.add_argument("--peer-days", type=int, default=60)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="factorium-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        try:
            info = server.start(home / "home").conninfo
            migrate(info)
            with psycopg.connect(info, autocommit=True) as conn:
                for n_styles in chosen.styles:
                    styles = [f"style_{n:02}" for n in range(1, n_styles + 1)]
                    peer_days = min(chosen.peer_days, chosen.days)
                    measure(conn, chosen.names, chosen.days, styles, peer_days)
        finally:
            server.stop(home / "home")


def measure(
    conn: psycopg.Connection, names: int, days: int, styles: list[str], peer_days: int
) -> None:
    """Make the panel, run the warehouse on all and the peers on some of it; print."""
    make_panel(conn, names, days, styles)
    megabytes = conn.execute("select pg_table_size('risk.bench_panel') / 1048576").fetchone()[0]
    print(
        f"{names:,} names x {days:,} days, {len(SECTORS)} sectors + {len(styles)} styles: "
        f"{names * days:,} rows, {megabytes:,} MB"
    )
    estimated = seconds(lambda: factor_returns(conn, styles))
    stored = estimated + seconds(lambda: specific_returns(conn, styles))
    report("risk.factor_returns", estimated)
    report("  and specific returns stored", stored)

    panel = read_panel(conn, peer_days, names)
    whole = days / peer_days
    print(f"peers on {peer_days} days, times {whole:.1f}")
    compare_toraniko(conn, panel, styles, whole, stored)
    compare_skfolio(conn, panel, styles, whole, estimated, stored)


def make_panel(conn: psycopg.Connection, names: int, days: int, styles: list[str]) -> None:
    conn.execute(
        "drop table if exists risk.bench_panel, risk.bench_factor_returns, risk.bench_specific "
        "cascade"
    )
    columns = "".join(f", random() + random() + random() - 1.5 as {style}" for style in styles)
    conn.execute(PANEL.format(n_sectors=len(SECTORS), names=names, days=days, styles=columns))
    conn.execute("vacuum (analyze) risk.bench_panel")
    conn.execute("checkpoint")


def factor_returns(conn: psycopg.Connection, styles: list[str]) -> None:
    # A utility statement takes no parameters; the names are our own.
    conn.execute(
        "create unlogged table risk.bench_factor_returns as "  # noqa: S608
        f"select * from risk.factor_returns('risk.bench_panel', '{{{','.join(styles)}}}')"
    )


def specific_returns(conn: psycopg.Connection, styles: list[str]) -> None:
    terms = "".join(f" + style_returns[{n}] * {style}" for n, style in enumerate(styles, 1))
    conn.execute(SPECIFIC.format(styles=terms))


def read_panel(conn: psycopg.Connection, days: int, names: int) -> pl.DataFrame:
    """The first days of the panel, by date and security."""
    statement = (
        "copy (select * from risk.bench_panel order by trade_date, security_id "  # noqa: S608
        f"limit {days * names}) to stdout (format csv, header)"
    )
    with conn.cursor().copy(statement) as copy:
        return pl.read_csv(b"".join(copy), try_parse_dates=True)


def compare_toraniko(
    conn: psycopg.Connection, panel: pl.DataFrame, styles: list[str], whole: float, stored: float
) -> None:
    """toraniko on the first days, and the same in SQL, factor returns and residuals."""
    frame = panel.select(
        pl.col("trade_date").alias("date"),
        pl.col("security_id").cast(pl.String).alias("symbol"),
        pl.col("excess_return").alias("asset_returns"),
        pl.col("cap").alias("market_cap"),
        *((pl.col("sector") == sector).cast(pl.Float64).alias(sector) for sector in SECTORS),
        *styles,
    )
    key = ["date", "symbol"]
    parts = [
        frame.select(*key, *columns)
        for columns in (["asset_returns"], ["market_cap"], SECTORS, styles)
    ]
    found: list[pl.DataFrame] = []
    peer = best(lambda: found.extend(estimate_factor_returns(*parts)))
    # The same days as a table of its own.
    dummies = "".join(f", (sector = '{s}')::integer::float8 as {s}" for s in SECTORS)
    conn.execute("drop table if exists risk.bench_toraniko")
    conn.execute(
        "create unlogged table risk.bench_toraniko as "  # noqa: S608
        "select trade_date as date, security_id::text as symbol, "
        f"excess_return as asset_returns, cap as market_cap{dummies}, {', '.join(styles)} "
        f"from risk.bench_panel where trade_date <= '{frame['date'].max()}'"
    )
    conn.execute("analyze risk.bench_toraniko")
    call = "('risk.bench_toraniko', %s, %s)"
    rows: list[tuple] = []
    ours = seconds(
        lambda: rows.extend(
            conn.execute(
                f"select factor_returns from risk.toraniko_factor_returns{call} order by date",  # noqa: S608
                [SECTORS, styles],
            )
        )
    )
    residuals = seconds(
        lambda: conn.execute(
            f"select count(residual) from risk.toraniko_residuals{call}",  # noqa: S608
            [SECTORS, styles],
        )
    )
    want = found[0].sort("date").drop("date").to_numpy()
    report("toraniko", peer * whole, f"{peer:.2f} s for its days")
    apart = np.abs(np.array([row[0] for row in rows]) - want).max()
    report("  risk.toraniko_factor_returns", ours * whole, f"{ours:.2f} s, {apart:.0e} apart")
    report("  risk.toraniko_residuals", residuals * whole, f"{residuals:.2f} s")
    print(f"  ratio of toraniko to the warehouse with specific returns {peer * whole / stored:.1f}")


def compare_skfolio(
    conn: psycopg.Connection,
    panel: pl.DataFrame,
    styles: list[str],
    whole: float,
    estimated: float,
    stored: float,
) -> None:
    """skfolio on the first days: its model, then its weighted regression alone."""
    days = panel["trade_date"].n_unique()
    grid = {
        column: panel[column].to_numpy().reshape(days, -1)
        for column in ("excess_return", "cap", "weight", *styles)
    }
    codes = (panel["sector"].str.slice(-2).cast(pl.Int64) - 1).to_numpy().reshape(days, -1)
    # The panel has exposures beside the returns that follow them; skfolio lags by itself.
    nothing = np.zeros_like(grid["cap"][:1])
    characteristics = AssetPanel(
        fields={
            "returns": np.vstack([nothing, grid["excess_return"]]),
            "market_cap": np.vstack([grid["cap"], nothing + 1]),
            **{style: np.vstack([grid[style], nothing]) for style in styles},
        },
        observations=np.arange(days + 1),
        asset_names=np.array([f"N{n}" for n in range(codes.shape[1])]),
    )
    characteristics.add_categorical_field(
        name="sector", values=np.vstack([codes, codes[-1:]]), levels=SECTORS
    )
    model = CharacteristicsFactorModel(
        factors=[
            ("market", GlobalFactor()),
            ("sector", OneHotCategoricalFactors("sector", family="sector")),
            *((style, as_it_is(style)) for style in styles),
        ],
        constrained_families=[("sector", None)],
        factor_prior_estimator=EmpiricalPrior(),
    )
    regression = CSLinearRegression()
    x = np.concatenate(
        [np.eye(len(SECTORS))[codes], np.stack([grid[style] for style in styles], axis=2)], axis=2
    )
    fitting = best(lambda: model.fit(characteristics=characteristics))
    regressing = best(lambda: regression.fit(x, grid["excess_return"], cs_weights=grid["weight"]))
    # The warehouse estimates from winsorized returns, skfolio from returns as they are.
    last = panel["trade_date"].max()
    conn.execute("drop view if exists risk.bench_raw")
    conn.execute(
        "create view risk.bench_raw as select trade_date, security_id, sector, weight, cap, "  # noqa: S608
        "is_estimated, excess_return as estimation_return, excess_return, "
        f"{', '.join(styles)} from risk.bench_panel"
    )
    got = [
        [market, *sectors, *of_styles]
        for market, sectors, of_styles in conn.execute(
            "select market_return, sector_returns, style_returns "
            "from risk.factor_returns('risk.bench_raw', %s, p_until => %s)",
            [styles, last],
        )
    ]
    apart = np.abs(np.array(got) - model.factor_model_.factor_returns).max()
    report("skfolio, model", fitting * whole, f"{fitting:.2f} s for its days, {apart:.0e} apart")
    report("skfolio, regression alone", regressing * whole, f"{regressing:.2f} s")
    print(
        f"  ratio of its model to the warehouse with specific returns "
        f"{fitting * whole / stored:.2f}, of its regression to factor returns alone "
        f"{regressing * whole / estimated:.2f}"
    )


def as_it_is(style: str) -> FixedWeightedFactor:
    """The panel's own exposure, neither winsorized nor scaled."""
    return FixedWeightedFactor(
        descriptors=[("score", Passthrough(style))],
        outlier_transformer="passthrough",
        scoring_transformer="passthrough",
    )


def seconds(work: Callable[[], object]) -> float:
    """Wall time of the work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def best(work: Callable[[], object]) -> float:
    """Of the peer's two turns, on all cores and on one: its matrices may be too small
    for threads, and the first turn also loads libraries."""
    on_all_cores = seconds(work)
    with threadpool_limits(1):
        return min(on_all_cores, seconds(work))


def report(what: str, took: float, note: str = "") -> None:
    print(f"  {what:<32}{took:10.2f} s{'   ' + note if note else ''}", flush=True)


if __name__ == "__main__":
    main()
