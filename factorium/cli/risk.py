"""The commands `factorium risk …`: the risk models, portfolios and their risk."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg import errors as pg
from psycopg.types.json import Jsonb

from factorium import database
from factorium.cli.console import console, print_rows, told_plainly
from factorium.errors import FactoriumError, NotReady
from sql import query

app = typer.Typer(no_args_is_help=True, help="Risk models, portfolios and their risk.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"])]
ONE_ROW = ("model", "portfolio")
LISTED = ("model", "version", "is_in_force", "first_date", "last_date", "description")
CORRELATIONS = 10
ASSETS = 10
# What a person reads of a table: heading, column, and what its fractions are told in.
SHOWN: dict[str, dict[str, tuple[str, float | None]]] = {
    "factors": {
        "factor": ("factor_id", None),
        "volatility 1y %": ("volatility_1y", 100),
        "1d %": ("return_1d", 100),
        "21d %": ("return_21d", 100),
        "252d %": ("return_252d", 100),
        "days with |t| > 2 %": ("t_stat_share", 100),
    },
    "largest_correlations": {
        "factor": ("factor_id", None),
        "other factor": ("other_factor_id", None),
        "correlation": ("correlation", 1),
    },
    "factor_contributions": {
        "factor": ("factor_id", None),
        "exposure": ("exposure", 1),
        "volatility %": ("factor_volatility", 100),
        "contribution %": ("contribution", 100),
        "share %": ("share", 100),
    },
    "largest_asset_contributions": {
        "ticker": ("ticker", None),
        "weight %": ("weight", 100),
        "active %": ("active_weight", 100),
        "beta": ("beta", 1),
        "volatility %": ("volatility", 100),
        "contribution %": ("contribution", 100),
        "share %": ("share", 100),
    },
}
Rows = tuple[list[str], list[tuple[Any, ...]]]


@app.command()
def show(
    model: Annotated[str, typer.Option(help="Risk model; see `factorium risk models`.")] = "short",
    date: Day = None,
    portfolio: Annotated[
        str | None, typer.Option(help="Its risk too; market, universe:NAME or an uploaded one.")
    ] = None,
    benchmark: Annotated[str, typer.Option(help="What its active risk is against.")] = "market",
    as_json: AsJson = False,
) -> None:
    """Show a risk model on one day, the latest if none; JSON holds fractions."""
    asked: dict[str, Any] = {"model": model, "trade_date": date and date.date()}
    with told_plainly(), _reading() as conn:
        parts = _of_model(conn, asked)
        if portfolio is not None:
            asked |= {"portfolio": portfolio, "benchmark": benchmark, "horizon_days": 1}
            parts |= _of_portfolio(conn, {**asked, "active": False})
    if as_json:
        print(json.dumps({title: _records(*rows) for title, rows in parts.items()}, default=str))
        return
    for title, (names, rows) in parts.items():
        if title in ONE_ROW:
            upright = list(zip(names, map(_text, rows[0]), strict=True))
            print_rows(title, ["", "value"], upright, as_json)
        else:
            print_rows(title.replace("_", " "), *_shown(title, names, rows), as_json)
        console.print()


@app.command()
def models(as_json: AsJson = False) -> None:
    """List every version of every risk model, with the dates it covers."""
    with told_plainly(), _reading() as conn:
        names, rows = _rows(
            conn, "api_risk_models", after_model=None, after_version=None, max_rows=None
        )
    if not as_json:
        places = [names.index(name) for name in LISTED]
        names, rows = list(LISTED), [tuple(row[place] for place in places) for row in rows]
    print_rows("risk models", names, rows, as_json)


@app.command("create-model")
def create_model(
    name: str,
    description: Annotated[str, typer.Option(help="What it is for.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter: variance_half_life=42; others as in `short`."),
    ] = None,
) -> None:
    """Register a risk model, or a new version of one; the next build estimates it."""
    with told_plainly(), _writing() as conn:
        parameters = Jsonb(dict(_setting(text) for text in settings or []))
        conn.execute(
            query("api_risk_create_model"),
            {"model": name, "description": description, "parameters": parameters},
        )
    console.print(f"risk model {name} is in force; the next build estimates it", highlight=False)


@app.command("retire-model")
def retire_model(name: str) -> None:
    """Retire the version of a risk model in force: builds no longer estimate it."""
    with told_plainly(), _writing() as conn:
        conn.execute(query("api_risk_retire_model"), {"model": name})
    console.print(f"risk model {name} is retired", highlight=False)


@app.command()
def portfolios(as_json: AsJson = False) -> None:
    """List the uploaded portfolios."""
    with told_plainly(), _reading() as conn:
        rows = _rows(conn, "api_risk_portfolios", after_portfolio=None, max_rows=None)
    print_rows("portfolios", *rows, as_json)


@app.command()
def upload(
    name: str,
    file: Annotated[Path, typer.Argument(help="CSV with the header ticker,weight.")],
    date: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Session at whose close they hold.")
    ],
    description: Annotated[str | None, typer.Option(help="Kept if none is given.")] = None,
    total: Annotated[float, typer.Option(help="What the weights sum to.")] = 1.0,
    any_total: Annotated[bool, typer.Option("--any-total", help="Accept any sum.")] = False,
) -> None:
    """Upload a portfolio's weights, in force until the next upload."""
    with told_plainly():
        holdings = read_holdings(file)
        with _writing(f"{file}: ") as conn:
            conn.execute(
                query("api_risk_upload_portfolio"),
                {
                    "portfolio": name,
                    "valid_from": date.date(),
                    "tickers": list(holdings),
                    "weights": list(holdings.values()),
                    "description": description,
                    "total": None if any_total else total,
                },
            )
    console.print(
        f"portfolio {name}: {len(holdings):,} holdings from {date.date()} on", highlight=False
    )


@app.command()
def delete(name: str) -> None:
    """Delete a portfolio with all its uploads."""
    with told_plainly(), _writing() as conn:
        conn.execute(query("api_risk_delete_portfolio"), {"portfolio": name})
    console.print(f"portfolio {name} is deleted", highlight=False)


def read_holdings(file: Path) -> dict[str, float]:
    """Weights by ticker of a CSV with the header ticker,weight.

    Errors: FactoriumError naming file and line.
    """
    holdings: dict[str, float] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            if set(reader.fieldnames or []) != {"ticker", "weight"}:
                raise FactoriumError(f"{file} line 1: the header has to be ticker,weight")
            for row in reader:
                at = f"{file} line {reader.line_num}"
                ticker, weight = _holding(row, at)
                if ticker in holdings:
                    raise FactoriumError(f"{at}: {ticker} stands there already")
                holdings[ticker] = weight
    except csv.Error as error:
        raise FactoriumError(f"{file} line {reader.reader.line_num}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FactoriumError(f"{file} cannot be read: {error}") from error
    if not holdings:
        raise FactoriumError(f"{file} line 2: there are no holdings")
    return holdings


def _holding(row: dict[str | Any, Any], at: str) -> tuple[str, float]:
    if None in row or None in row.values():
        raise FactoriumError(f"{at}: a line has two cells, ticker and weight")
    ticker, text = row["ticker"].strip(), row["weight"].strip()
    if not ticker:
        raise FactoriumError(f"{at}: the ticker is missing")
    try:
        weight = float(text)
    except ValueError as error:
        raise FactoriumError(f"{at}: the weight of {ticker} is no number: {text!r}") from error
    if not math.isfinite(weight):
        raise FactoriumError(f"{at}: the weight of {ticker} is not finite: {text}")
    return ticker, weight


def _of_model(conn: psycopg.Connection, asked: dict[str, Any]) -> dict[str, Rows]:
    return {
        "model": _rows(conn, "show_risk_model", **asked),
        "factors": _rows(conn, "show_risk_factors", **asked),
        "largest_correlations": _rows(
            conn, "show_risk_correlations", **asked, max_rows=CORRELATIONS
        ),
    }


def _of_portfolio(conn: psycopg.Connection, asked: dict[str, Any]) -> dict[str, Rows]:
    names, assets = _rows(conn, "api_risk_asset_contributions", **asked)
    return {
        "portfolio": _rows(conn, "api_risk_totals", **asked),
        "factor_contributions": _rows(conn, "api_risk_factor_contributions", **asked),
        "largest_asset_contributions": (names, assets[:ASSETS]),
    }


@contextmanager
def _reading() -> Iterator[psycopg.Connection]:
    """A reader's connection to a warehouse that has a risk model."""
    with database.connect("factorium_reader") as conn, _told():
        conn.execute("set transaction isolation level repeatable read")
        built = conn.execute("select to_regclass('marts.dim_risk_model') is not null").fetchone()
        if built != (True,):
            raise NotReady("no risk model is built yet: factorium run, or factorium build")
        yield conn


@contextmanager
def _writing(where: str = "") -> Iterator[psycopg.Connection]:
    """A connection that may register models and portfolios; commits at the end."""
    with _told(where), database.connect("factorium_ingest") as conn:
        yield conn


@contextmanager
def _told(where: str = "") -> Iterator[None]:
    """What the database refuses becomes an error meant for the user."""
    try:
        yield
    except (pg.InvalidParameterValue, pg.NoDataFound, pg.NumericValueOutOfRange) as error:
        raise FactoriumError(f"{where}{error.diag.message_primary}") from error
    except (pg.UndefinedFunction, pg.UndefinedTable, pg.InvalidSchemaName) as error:
        raise NotReady("the schema has no risk model yet: factorium migrate") from error


def _setting(text: str) -> tuple[str, float | str]:
    """`name=value`, with a number where the value is one. Errors: FactoriumError."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip() or not value.strip():
        raise FactoriumError(f"--set takes name=value, not {text!r}")
    try:
        number = float(value)
    except ValueError:
        return name.strip(), value.strip()
    if not math.isfinite(number):
        raise FactoriumError(f"--set {name}: {value} is not finite")
    return name.strip(), int(number) if number.is_integer() else number


def _rows(conn: psycopg.Connection, name: str, **parameters: Any) -> Rows:
    cursor = conn.execute(query(name), parameters)
    return [column.name for column in cursor.description or []], cursor.fetchall()


def _records(names: list[str], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _shown(title: str, names: list[str], rows: list[tuple[Any, ...]]) -> Rows:
    """The columns that a person reads, scaled, to three places."""
    columns = [(names.index(name), scale) for name, scale in SHOWN[title].values()]
    shown = [tuple(_scaled(row[place], scale) for place, scale in columns) for row in rows]
    return list(SHOWN[title]), shown


def _scaled(value: Any, scale: float | None) -> Any:
    return value if value is None or scale is None else round(value * scale, 3)


def _text(value: Any) -> str:
    """A cell of a row that is told as a column."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
