"""QuantConnect LEAN's data folder: trade bars, factor files, map files, coarse files.

The layout is LEAN's, under <folder>/equity/<market>/:

daily/<ticker>.zip                     → raw.daily_bar
minute/<ticker>/<yyyymmdd>_trade.zip   → raw.minute_bar
factor_files/<permanent ticker>.csv    → raw.price_factor, and the splits and
                                         dividends in it → raw.corporate_action
map_files/<permanent ticker>.csv       → raw.ticker_map
fundamental/coarse/<yyyymmdd>.csv      → raw.daily_bar, close and volume only, as
                                         a source of its own that yields to bars

Everything else (hours, seconds, ticks, quotes, other security types) is not
landed: refused when it is named, passed over with a warning in a folder.

Prices are as traded, in units of 1/10,000 dollar. Bars are stamped with their
start; daily ones with the date, minutes in milliseconds since midnight in New
York. A permanent ticker is the name of the file: a security's last ticker, with
".1" behind it when somebody else bore that one later ("twx.1" is Time Warner
until 2001). Formats: QuantConnect/Lean, Data/equity/readme.md and
Common/Data/Auxiliary.
"""

from __future__ import annotations

import logging
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path

import polars as pl
import psycopg

from ingest import actions, bars
from ingest.errors import UnexpectedPayload
from ingest.files import read
from ingest.frames import Schema, cast_cells, read_bytes, read_cells
from ingest.landing import Batch, Content, Item, Landed, Reject, fingerprint, land_many
from ingest.sources import data_source_id

LOG = logging.getLogger(__name__)

ZONE = "America/New_York"
PRICE_SCALE = 10_000
STILL_LISTED = date(2050, 1, 1)
PRICES = ("open", "high", "low", "close")
OHLCV = (*PRICES, "volume")
# Other security types have another scale; their folders are not ours to read.
OTHER_TYPES = {
    "alternative", "cfd", "crypto", "cryptofuture", "forex", "future", "futureoption", "index",
    "indexoption", "option", "symbol-properties", "market-hours",
}  # fmt: skip
KINDS = {
    "maps": r"map_files/(?P<ticker>[^/]+)\.csv",
    "factors": r"factor_files/(?P<ticker>[^/]+)\.csv",
    "coarse": r"fundamental/coarse/(?P<day>\d{8})\.csv(\.gz)?",
    "daily": r"daily/(?P<ticker>[^/]+)\.zip",
    "minute": r"minute/(?P<ticker>[^/]+)/(?P<day>\d{8})_trade\.zip",
}
DATASETS = {
    "maps": "ticker_maps",
    "factors": "price_factors",
    "coarse": "daily_bars",
    "daily": "daily_bars",
    "minute": "minute_bars",
}
RESOLUTIONS = ("daily", "hour", "minute", "second", "tick")
COARSE = (
    "id", "ticker", "close", "volume", "dollar_volume", "has_fundamental", "price_factor",
    "split_factor",
)  # fmt: skip
FACTOR = ("factor_date", "price_factor", "split_factor", "reference_price")
RANGE = ("ticker", "valid_from", "valid_to", "exchange")
# The full bars of a day win over its coarse ones.
COARSE_BEHIND = 100
DAY_MS = 24 * 60 * 60 * 1000
SPLIT_TOLERANCE = 5e-4


@dataclass(frozen=True)
class LeanFile:
    """A file of LEAN's folder: what it holds and what only its path says."""

    path: Path
    kind: str
    ticker: str
    day: date | None


def run(
    conn: psycopg.Connection,
    path: Path,
    *,
    source: str = "lean",
    priority: int = 100,
    reject_threshold: float = 0.05,
) -> Iterator[Landed]:
    """Land one file of LEAN's data folder, or the folder or any part of it.

    Maps land before factors, factors before bars. Coarse files land as the
    source "<source>-coarse", whose priority is 100 behind.
    """
    found = lean_files(path)
    for kind in KINDS:
        of_kind = [file for file in found if file.kind == kind]
        if of_kind:
            yield from _land_kind(
                conn,
                kind,
                of_kind,
                source=source,
                priority=priority,
                reject_threshold=reject_threshold,
            )


def lean_files(path: Path) -> list[LeanFile]:
    """The files at `path` that can be landed, in order of path.

    Raises UnexpectedPayload when there is none, saying what there is instead.
    """
    if not path.exists():
        raise UnexpectedPayload(f"{path}: no such file or folder")
    paths = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    known = {each: _recognised(each) for each in paths}
    found = [file for file in known.values() if file is not None]
    others = [each for each, file in known.items() if file is None]
    if not found:
        raise UnexpectedPayload(
            f"{path}: {_not_landed(others)}; daily and minute trade bars, factor, map and "
            "coarse files of LEAN's equity folder are landed, nothing else"
        )
    if others:
        LOG.warning("%s: %s", path, _not_landed(others))
    return found


def parse_daily(payload: bytes, *, ticker: str, source_id: int, name: str) -> Batch:
    """`yyyymmdd HH:mm,open,high,low,close,volume` into `raw.daily_bar`."""
    cells, content, rejects = _cells(payload, ("time", *OHLCV), name)
    cells = cells.with_columns(pl.col("time").str.slice(0, 8).alias("trade_date"))
    rows, bad = _cast(cells, content, bars.DAILY, ("trade_date", *OHLCV), name)
    scaled = rows.with_columns(_dollars(), adj_close=pl.lit(None, pl.Float64))
    return bars.to_batch("daily_bar", scaled, _in_file(rejects + bad), source_id, ticker)


def parse_minute(payload: bytes, *, ticker: str, day: date, source_id: int, name: str) -> Batch:
    """`milliseconds,open,high,low,close,volume` of one day into `raw.minute_bar`."""
    cells, content, rejects = _cells(payload, ("time", *OHLCV), name)
    cells = cells.with_columns(_clock(day).alias("bar_at"))
    rows, bad = _cast(cells, content, bars.MINUTE, ("bar_at", *OHLCV), name)
    scaled = rows.with_columns(_dollars())
    return bars.to_batch("minute_bar", scaled, _in_file(rejects + bad), source_id, ticker)


def parse_coarse(payload: bytes, *, day: date, source_id: int, name: str) -> Batch:
    """`id,ticker,close,volume,dollar volume,…` of one day into `raw.daily_bar`."""
    cells, content, rejects = _cells(payload, COARSE, name, at_least=4)
    cells = cells.with_columns(pl.lit(day).alias("trade_date"))
    rows, bad = _cast(cells, content, bars.DAILY, ("ticker", "trade_date", "close", "volume"), name)
    missing = {column: pl.lit(None, pl.Float64) for column in ("open", "high", "low", "adj_close")}
    return bars.to_batch(
        "daily_bar", rows.with_columns(**missing), _in_file(rejects + bad), source_id
    )


def parse_map(payload: bytes, *, ticker: str, source_id: int, name: str) -> Batch:
    """`last date,ticker,exchange` into the ranges of `raw.ticker_map`.

    The first row is the first day and its ticker, each later one the last day
    of a ticker. The lines make one history: with a bad one among them, none of
    it lands.
    """
    cells, content, rejects = _cells(payload, ("last_day", "ticker", "exchange"), name, at_least=2)
    rows, bad = cast_cells(
        cells,
        content=content,
        schema={"last_day": pl.Date(), "ticker": pl.String(), "exchange": pl.String()},
        name=name,
        required=("last_day", "ticker"),
        optional=("exchange",),
        checks={"the dates do not rise": pl.col("last_day").diff() <= timedelta(0)},
    )
    if rejects or bad:
        return Batch("ticker_map", rows.clear(), _in_file(rejects + bad))
    ranges = ticker_ranges(rows).with_columns(
        pl.col("ticker").str.to_uppercase(),
        source_id=pl.lit(source_id),
        permanent_ticker=pl.lit(ticker),
    )
    return Batch("ticker_map", ranges.select("source_id", "permanent_ticker", *RANGE))


def ticker_ranges(rows: pl.DataFrame) -> pl.DataFrame:
    """Half-open ranges (ticker, valid_from, valid_to, exchange) from rows of a map file.

    A row after 2050 says that the ticker is still in use. A ticker that is
    named twice in a row is one range.
    """
    last = pl.col("last_day")
    stretches = rows.with_columns(
        stretch=pl.col("ticker").rle_id(),
        valid_from=pl.coalesce(last.shift(1).dt.offset_by("1d"), last),
    )
    return (
        stretches.group_by("stretch", maintain_order=True)
        .agg(
            pl.col("ticker").first(),
            pl.col("valid_from").first(),
            pl.when(last.last() < STILL_LISTED)
            .then(last.last().dt.offset_by("1d"))
            .alias("valid_to"),
            pl.col("exchange").last(),
        )
        .select(RANGE)
    )


def parse_factors(
    payload: bytes,
    *,
    ticker: str,
    source_id: int,
    name: str,
    sessions: pl.Series,
    ranges: pl.DataFrame | None = None,
) -> list[Batch]:
    """`last date,price factor,split factor,reference price` into `raw.price_factor`,
    and the splits and dividends between its rows into `raw.corporate_action`.

    sessions: the exchange's session dates, rising; an ex-date is the session
        after a row's date.
    ranges: what `ticker_ranges` says of the security; an action carries the
        ticker of its ex-date. Without it, the permanent one.

    A file with a bad line gives factors but no actions: an action is the step
    between two neighbours, and one of them is missing.
    """
    cells, content, rejects = _cells(payload, FACTOR, name, at_least=3)
    rows, bad = cast_cells(
        cells,
        content=content,
        schema={"factor_date": pl.Date(), **dict.fromkeys(FACTOR[1:], pl.Float64())},
        name=name,
        required=FACTOR[:3],
        optional=FACTOR[3:],
        checks={
            "price_factor is not above zero": pl.col("price_factor") <= 0,
            "split_factor is not above zero": pl.col("split_factor") <= 0,
            "reference_price is negative": pl.col("reference_price") < 0,
            "the dates do not rise": pl.col("factor_date").diff() <= timedelta(0),
        },
    )
    rejects = _in_file(rejects + bad)
    factors = rows.select(
        pl.lit(source_id).alias("source_id"), pl.lit(ticker).alias("ticker"), *FACTOR
    )
    landed = Batch("price_factor", factors, rejects)
    if rejects:
        return [landed]
    return [
        landed,
        actions.to_batch(_named(derived_actions(rows, sessions), ticker, ranges), [], source_id),
    ]


def derived_actions(rows: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    """Splits and dividends (ex_date, kind, ratio, amount_usd) from rows of a factor file.

    Each row's factors hold up to its date, so the step to the next row took
    effect on the session after it. LEAN's own reading (CorporateFactorRow):
    new shares per old one are next split factor / split factor; the dividend is
    reference price · (1 − price factor / next price factor), per share before
    the split if both fall on one day. A ratio is the simple fraction that the
    file's digits round.
    """
    steps = rows.with_columns(
        ex_date=_next_session(rows["factor_date"], sessions),
        ratio=pl.col("split_factor").shift(-1) / pl.col("split_factor"),
        amount_usd=_dividend(),
    ).filter(pl.col("ex_date").is_not_null())
    splits = steps.filter(pl.col("ratio") != 1).select(
        "ex_date",
        kind=pl.lit("split"),
        ratio=pl.col("ratio").map_elements(simple_ratio, return_dtype=pl.Float64),
        amount_usd=pl.lit(None, pl.Float64),
    )
    dividends = steps.filter(pl.col("amount_usd") > 0).select(
        "ex_date", kind=pl.lit("dividend"), ratio=pl.lit(None, pl.Float64), amount_usd="amount_usd"
    )
    return pl.concat([splits, dividends]).sort("ex_date", "kind", descending=[False, True])


def _dividend() -> pl.Expr:
    """Dividend per share, to the decimals that the factors' seven digits leave it."""
    before, factor = pl.col("reference_price"), pl.col("price_factor")
    amount = before * (1 - factor / factor.shift(-1))
    return pl.when(before < 400).then(amount.round(4)).otherwise(amount.round(3))


def simple_ratio(ratio: float) -> float:
    """The fraction with a term of at most ten that `ratio` rounds, or `ratio` itself.

    Within 5 parts in 10,000; never 1, which would be no split.
    """
    whole = ratio if ratio > 1 else 1 / ratio
    simple = Fraction(whole).limit_denominator(10)
    if simple == 1 or abs(float(simple) / whole - 1) > SPLIT_TOLERANCE:
        return ratio
    return float(simple if ratio > 1 else 1 / simple)


def _next_session(days: pl.Series, sessions: pl.Series) -> pl.Series:
    positions = sessions.search_sorted(days, side="right")
    return sessions.extend_constant(None, 1).gather(positions)


def _named(found: pl.DataFrame, ticker: str, ranges: pl.DataFrame | None) -> pl.DataFrame:
    """The actions with the ticker of their ex-date and the columns that they have not."""
    named = found.with_columns(
        delisting_return=pl.lit(None, pl.Float64), delisting_reason=pl.lit(None, pl.String)
    )
    if ranges is None:
        return named.with_columns(ticker=pl.lit(ticker))
    by_start = ranges.select(pl.col("ticker").str.to_uppercase(), "valid_from").sort("valid_from")
    joined = named.join_asof(by_start, left_on="ex_date", right_on="valid_from")
    return joined.with_columns(pl.col("ticker").fill_null(ticker))


def _land_kind(
    conn: psycopg.Connection,
    kind: str,
    found: list[LeanFile],
    *,
    source: str,
    priority: int,
    reject_threshold: float,
) -> Iterator[Landed]:
    if kind == "coarse":
        source, priority = f"{source}-coarse", priority + COARSE_BEHIND
    source_id = data_source_id(conn, source, priority=priority)
    sessions = _sessions(conn)
    yield from land_many(
        conn,
        (
            Item(
                str(file.path),
                partial(_read, file),
                partial(_parse, file, source_id=source_id, sessions=sessions),
            )
            for file in found
        ),
        source=source,
        dataset=DATASETS[kind],
        options={"source": source, "kind": kind},
        reject_threshold=reject_threshold,
    )


def _read(file: LeanFile) -> Content:
    """The file's content behind a line that says what is not in it: landing knows
    files by their bytes, and two tickers may trade alike for a day."""
    content = _unzipped(file.path) if file.path.suffix == ".zip" else read(file.path)
    label = f"{file.ticker} {file.day}"
    if file.kind == "factors":
        label += f" {fingerprint(_map_beside(file) or b'')}"
    return Content(label.encode() + b"\n" + content)


def _parse(
    file: LeanFile, payload: bytes, *, source_id: int, sessions: pl.Series
) -> Iterable[Batch]:
    name, ticker = str(file.path), file.ticker
    _, _, content = payload.partition(b"\n")
    if file.kind == "maps":
        return [parse_map(content, ticker=ticker, source_id=source_id, name=name)]
    if file.kind == "factors":
        return parse_factors(
            content,
            ticker=ticker,
            source_id=source_id,
            name=name,
            sessions=sessions,
            ranges=_ranges_beside(file),
        )
    if file.kind == "daily":
        return [parse_daily(content, ticker=ticker, source_id=source_id, name=name)]
    assert file.day is not None
    if file.kind == "coarse":
        return [parse_coarse(content, day=file.day, source_id=source_id, name=name)]
    return [parse_minute(content, ticker=ticker, day=file.day, source_id=source_id, name=name)]


def _recognised(path: Path) -> LeanFile | None:
    """What a file of LEAN's folder is, or None when it is nothing that lands."""
    parts = {part.lower() for part in path.resolve().parts}
    if parts & OTHER_TYPES:
        return None
    for kind, pattern in KINDS.items():
        if found := re.search(rf"(^|/){pattern}$", path.resolve().as_posix(), re.IGNORECASE):
            named = found.groupdict()
            day = named.get("day")
            return LeanFile(
                path,
                kind,
                named.get("ticker", "").upper(),
                None if day is None else datetime.strptime(day, "%Y%m%d").date(),
            )
    return None


def _not_landed(others: list[Path]) -> str:
    folders = sorted({_feed(path) for path in others})
    return f"{len(others)} files are not landed ({', '.join(folders)})"


def _feed(path: Path) -> str:
    """What a file that does not land is: "tick", "minute quote", "index daily", …"""
    parts = [part.lower() for part in path.resolve().parts]
    other_type = [part for part in parts if part in OTHER_TYPES][:1]
    resolution = [part for part in parts if part in RESOLUTIONS][-1:]
    quote = ["quote"] if path.stem.endswith("_quote") else []
    return " ".join(other_type + resolution + quote) or path.parent.name


def _cells(
    payload: bytes, names: tuple[str, ...], name: str, at_least: int | None = None
) -> tuple[pl.DataFrame, bytes, list[Reject]]:
    """The cells of a file without a header, the text with one, and ragged lines."""
    text = read_bytes(payload, name)
    width = text.split(b"\n", 1)[0].count(b",") + 1
    if not (at_least or len(names)) <= width <= len(names):
        raise UnexpectedPayload(f"{name}: line 1: {width} fields instead of {','.join(names)}")
    content = ",".join(names[:width]).encode() + b"\n" + text
    cells, ragged = read_cells(content, name)
    return cells, content, ragged


def _cast(
    cells: pl.DataFrame, content: bytes, schema: Schema, columns: tuple[str, ...], name: str
) -> tuple[pl.DataFrame, list[Reject]]:
    """Checked bars in `columns`, the last of which are prices and volume."""
    return cast_cells(
        cells,
        content=content,
        schema={column: schema[column] for column in columns},
        name=name,
        required=[column for column in columns if column not in OHLCV or column == "close"],
        checks=bars.row_checks(columns),
        time_zone=ZONE,
    )


def _dollars() -> pl.Expr:
    """Prices in dollars. polars divides by a constant through its inverse, which leaves
    644.8000000000001; rounding gives the nearest double back."""
    return (pl.col(PRICES) / PRICE_SCALE).round(6)


def _in_file(rejects: list[Reject]) -> list[Reject]:
    """Rejects with the file's own line numbers: it has no header."""
    return [
        replace(reject, line=None if reject.line is None else reject.line - 1) for reject in rejects
    ]


def _clock(day: date) -> pl.Expr:
    """Milliseconds since midnight as the local time of `day`; other text as it is."""
    since = pl.col("time").cast(pl.Int64, strict=False)
    time = pl.datetime(day.year, day.month, day.day) + pl.duration(milliseconds=since)
    is_clock = since.is_between(0, DAY_MS, closed="left")
    return pl.when(is_clock).then(time.dt.to_string("%Y-%m-%d %H:%M:%S%.f")).otherwise("time")


def _unzipped(path: Path) -> bytes:
    """The CSV in one of LEAN's zips, each of which holds a single one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each for each in archive.namelist() if each.endswith(".csv")]
            if len(names) != 1:
                raise UnexpectedPayload(f"{path}: {len(names)} CSV files in it instead of one")
            return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnexpectedPayload(f"{path}: truncated or damaged zip: {error}") from error


def _map_beside(file: LeanFile) -> bytes | None:
    path = file.path.resolve().parents[1] / "map_files" / file.path.name
    return path.read_bytes() if path.is_file() else None


def _ranges_beside(file: LeanFile) -> pl.DataFrame | None:
    """The ticker ranges of a factor file's security, if its map file is there and sound."""
    content = _map_beside(file)
    if content is None:
        return None
    batch = parse_map(content, ticker=file.ticker, source_id=0, name=file.path.name)
    return None if batch.rejects else batch.rows


def _sessions(conn: psycopg.Connection) -> pl.Series:
    rows = conn.execute("select session_date from ref.session order by session_date").fetchall()
    conn.commit()
    return pl.Series("session_date", [row[0] for row in rows], pl.Date)
