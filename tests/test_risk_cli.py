"""The commands `factorium risk …`, on a copy of the built sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from click.testing import Result
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.testing import CliRunner

from factorium.cli import app
from factorium.cli.console import console

if TYPE_CHECKING:
    from conftest import BuiltSample

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def warehouse(cluster: str, built_sample: BuiltSample) -> Iterator[str]:
    """Conninfo of a copy of the built sample, into which tests may write."""
    original = str(conninfo_to_dict(built_sample.info)["dbname"])
    copy = f"{original}_risk_cli"
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original]
        )
        admin.execute(sql.SQL("drop database if exists {} (force)").format(sql.Identifier(copy)))
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(copy), sql.Identifier(original)
            )
        )
    yield make_conninfo(cluster, dbname=copy)
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} (force)").format(sql.Identifier(copy)))


@pytest.fixture
def run(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `factorium risk …` on the warehouse."""
    monkeypatch.setenv("DATABASE_URL", warehouse)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, ["risk", *words])

    return invoke


@pytest.fixture
def told(run: Run) -> Callable[..., Any]:
    """What a command that succeeds prints as JSON."""

    def read(*words: str) -> Any:
        result = run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return read


@pytest.fixture
def last_day(told: Callable[..., Any]) -> str:
    """The last day of the model `short`."""
    (short,) = [row for row in told("models") if row["model"] == "short"]
    return str(short["last_date"])


def written(folder: Path, text: str | bytes) -> str:
    """Path of a CSV with this text."""
    file = folder / "weights.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_models_are_listed(run: Run, told: Callable[..., Any]) -> None:
    rows = {row["model"]: row for row in told("models")}
    assert {"short", "long", "regime", "classic"} <= set(rows)
    assert rows["short"]["parameters"]["variance_half_life"] == 84
    assert "USE4" in run("models").output


def test_show_tells_the_numbers_of_the_marts(
    told: Callable[..., Any], warehouse: str, last_day: str
) -> None:
    parts = told("show", "--model", "long", "--date", last_day)
    with psycopg.connect(warehouse) as conn:
        returns = conn.execute(
            "select factor_return, t_stat from marts.fct_factor_returns "
            "where factor_id = 'value' and trade_date <= %s order by trade_date desc limit 252",
            [last_day],
        ).fetchall()
        covariance = dict(
            conn.execute(
                "select factor_id, covariance from marts.fct_factor_covariance "
                "where factor_id = other_factor_id and model = 'long' and trade_date = %s",
                [last_day],
            ).fetchall()
        )
        pairs = conn.execute(
            "select correlation from marts.fct_factor_covariance where factor_id < other_factor_id "
            "and model = 'long' and trade_date = %s order by abs(correlation) desc limit 10",
            [last_day],
        ).fetchall()
        explained = conn.execute(
            "select r2 from marts.fct_regressions where trade_date <= %s "
            "order by trade_date desc limit 252",
            [last_day],
        ).fetchall()
    rows = {row["factor_id"]: row for row in parts["factors"]}
    assert set(rows) == set(covariance)
    for factor, variance in covariance.items():
        assert rows[factor]["volatility_1y"] == pytest.approx(np.sqrt(252 * variance), rel=1e-12)
    growth = np.array([1 + row[0] for row in returns])
    assert rows["value"]["return_1d"] == returns[0][0]
    assert rows["value"]["return_21d"] == pytest.approx(growth[:21].prod() - 1, abs=1e-12)
    assert rows["value"]["return_252d"] == pytest.approx(growth.prod() - 1, abs=1e-12)
    assert rows["value"]["t_stat_share"] == pytest.approx(
        np.mean([abs(row[1]) > 2 for row in returns])
    )
    assert [row["correlation"] for row in parts["largest_correlations"]] == pytest.approx(
        [row[0] for row in pairs]
    )
    (model,) = parts["model"]
    assert model["r2"] == explained[0][0]
    assert model["mean_r2_252d"] == pytest.approx(np.mean([row[0] for row in explained]))
    assert model["regime_multiplier"] > 0
    assert model["n_factors"] == len(rows)


def test_show_tells_a_person_the_same(
    run: Run, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", 160)
    result = run("show", "--portfolio", "market")
    assert result.exit_code == 0, result.output
    for words in ("regime_multiplier", "mean_r2_252d", "volatility 1y %", "largest correlations"):
        assert words in result.output
    parts = told("show", "--portfolio", "market")
    lines = [cells for line in result.output.splitlines() if len(cells := line.split()) > 1]
    for row in parts["factors"]:
        told_as = next(cells for cells in lines if cells[0] == row["factor_id"])
        assert told_as[1] == f"{round(100 * row['volatility_1y'], 3):,.4g}"


def test_show_decomposes_the_risk_of_a_portfolio(told: Callable[..., Any]) -> None:
    parts = told("show", "--portfolio", "universe:sp500", "--model", "classic")
    (totals,) = parts["portfolio"]
    assert sum(row["contribution"] for row in parts["factor_contributions"]) == pytest.approx(
        totals["total_volatility"], rel=1e-12
    )
    assets = [row["contribution"] for row in parts["largest_asset_contributions"]]
    assert assets == sorted(assets, reverse=True)
    assert len(assets) == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "--model", "nosuch"), "no risk model 'nosuch' is in force"),
        (("show", "--date", "2001-01-02"), "no covariance on 2001-01-02; it covers 20"),
        (("show", "--portfolio", "nosuch"), "no portfolio 'nosuch'"),
        (("show", "--portfolio", "market", "--benchmark", "nosuch"), "no portfolio 'nosuch'"),
        (("retire-model", "nosuch"), "no risk model 'nosuch' is in force"),
        (("delete", "nosuch"), "no portfolio 'nosuch'"),
        (("create-model", "new", "--description", "x", "--set", "a=1"), "parameter a: unknown"),
        (("create-model", "new", "--description", "x", "--set", "a"), "name=value, not 'a'"),
        (("create-model", "new", "--description", "x", "--set", "seed=nan"), "not finite"),
        (("create-model", "New", "--description", "x"), "is no name"),
    ],
)
def test_a_refusal_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_model_is_created_and_retired(run: Run, told: Callable[..., Any]) -> None:
    settings = ["--set", "kind=window", "--set", "window_days=63", "--set", "specific_shrinkage=.5"]
    result = run("create-model", "quarter", "--description", "A quarter.", *settings)
    assert result.exit_code == 0, result.output
    assert "next build" in result.output
    (made,) = [row for row in told("models") if row["model"] == "quarter"]
    assert made["parameters"]["window_days"] == 63
    assert made["parameters"]["specific_shrinkage"] == 0.5
    assert made["is_in_force"]
    assert "covers" not in run("retire-model", "quarter").output
    (retired,) = [row for row in told("models") if row["model"] == "quarter"]
    assert not retired["is_in_force"]


def test_a_portfolio_is_uploaded_shown_and_deleted(
    run: Run, told: Callable[..., Any], warehouse: str, last_day: str, tmp_path: Path
) -> None:
    with psycopg.connect(warehouse) as conn:
        tickers = [
            row[0]
            for row in conn.execute(
                "select ticker from marts.dim_security where is_active order by 1 limit 3"
            ).fetchall()
        ]
    # As a spreadsheet writes it: byte order mark, carriage returns, spaces, an empty line.
    lines = [f"{ticker}, {weight}" for ticker, weight in zip(tickers, (0.5, 0.25, 0.25))]  # noqa: B905
    file = written(tmp_path, "\ufeffticker,weight\r\n" + "\r\n\r\n".join(lines) + "\r\n")
    result = run("upload", "mine", file, "--date", last_day, "--description", "Three names.")
    assert result.exit_code == 0, result.output
    assert "3 holdings" in result.output
    (row,) = told("portfolios")
    assert (row["portfolio"], row["n_holdings"], row["description"]) == ("mine", 3, "Three names.")
    (totals,) = told("show", "--portfolio", "mine")["portfolio"]
    assert totals["n_holdings"] == 3
    assert "mine" in run("portfolios").output

    half = written(tmp_path, f"weight,ticker\n0.4,{tickers[0]}\n")
    refused = run("upload", "mine", half, "--date", last_day)
    assert refused.exit_code == 1
    assert f"{half}: the weights sum to 0.4" in refused.stderr
    assert run("upload", "mine", half, "--date", last_day, "--total", "0.4").exit_code == 0
    assert run("upload", "mine", half, "--date", last_day, "--any-total").exit_code == 0
    assert run("delete", "mine").exit_code == 0
    assert told("portfolios") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the header has to be ticker,weight"),
        ("ticker;weight\nA;1\n", "line 1: the header"),
        ("ticker,weight,note\nA,1,x\n", "line 1: the header"),
        ("ticker,weight\n", "line 2: there are no holdings"),
        ("ticker,weight\nA,0.5\nB,half\n", "line 3: the weight of B is no number: 'half'"),
        ("ticker,weight\nA,0.5\nB,nan\n", "line 3: the weight of B is not finite"),
        ("ticker,weight\nA,0.5\nB,inf\n", "line 3: the weight of B is not finite"),
        ("ticker,weight\nA,0.5\n,0.5\n", "line 3: the ticker is missing"),
        ("ticker,weight\nA,0.5\nA,0.5\n", "line 3: A stands there already"),
        ("ticker,weight\nA,0.5,7\n", "line 2: a line has two cells"),
        ("ticker,weight\nA\n", "line 2: a line has two cells"),
        ('ticker,weight\nA,0.5\n"B,0.5\n', "line 3"),
        (b"ticker,weight\n\xff\xfe,1\n", "cannot be read"),
        ("ticker,weight\nNOSUCH1,1\n", "NOSUCH1"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    run: Run, told: Callable[..., Any], tmp_path: Path, last_day: str, text: str | bytes, said: str
) -> None:
    file = written(tmp_path, text)
    result = run("upload", "bad", file, "--date", last_day)
    assert result.exit_code == 1
    assert file in result.stderr
    assert said in result.stderr
    assert told("portfolios") == []


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path, last_day: str) -> None:
    result = run("upload", "bad", str(tmp_path / "none.csv"), "--date", last_day)
    assert result.exit_code == 1
    assert "none.csv cannot be read" in result.stderr


def test_a_warehouse_that_is_not_built_says_so(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    result = CliRunner().invoke(app, ["risk", "show"])
    assert result.exit_code == 1
    assert "factorium build" in result.stderr
