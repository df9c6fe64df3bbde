"""The live side of the sources: a client with the vendor's limits, and what to ask for.

Names are those of `ingest.registry`, which imports this module when it is needed:
the vendors' clients take a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg

from ingest import (
    edgar_facts,
    edgar_feed,
    edgar_index,
    edgar_submissions,
    edgar_tickers,
    fred,
    ibkr,
)
from ingest.edgar_client import sec_client
from ingest.errors import IngestError
from ingest.landing import Landed
from ingest.registry import Request


def tickers(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """The SEC's ticker list as it stands."""
    with sec_client(request.sec_user_agent) as client:
        yield from edgar_tickers.run_live(conn, client)


def submissions(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """Filing histories of the CIKs wanted."""
    with sec_client(request.sec_user_agent) as client:
        yield from edgar_submissions.run_live(conn, client, ciks=_ciks(request))


def facts(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """Company facts of the CIKs wanted."""
    with sec_client(request.sec_user_agent) as client:
        yield from edgar_facts.run_live(conn, client, ciks=_ciks(request))


def index(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """Daily indexes of a range of days."""
    if request.since is None or request.until is None:
        raise IngestError("the daily index needs --since and --until")
    with sec_client(request.sec_user_agent) as client:
        yield from edgar_index.run_live(conn, client, since=request.since, until=request.until)


def feed(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """Current filings up to the last one seen."""
    with sec_client(request.sec_user_agent) as client:
        yield from edgar_feed.run_live(conn, client)


def series(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """FRED series wanted, or all of the seed, with their vintages."""
    if not request.fred_api_key:
        raise IngestError("FRED wants a key: set FACTORIUM_FRED_API_KEY")
    with fred.open_client() as client:
        yield from fred.run_live(
            conn, client, api_key=request.fred_api_key, series=request.wanted or None
        )


def historical_bars(conn: psycopg.Connection, request: Request) -> Iterator[Landed]:
    """Daily bars of the tickers wanted from TWS or IB Gateway."""
    if request.since is None or not request.wanted:
        raise IngestError("IBKR needs --since and the tickers wanted")
    ib = ibkr.connect(request.ibkr_host, request.ibkr_port)
    try:
        yield from ibkr.run_live(conn, ib, request.wanted, since=request.since, until=request.until)
    finally:
        ib.disconnect()


LIVE: dict[str, Callable[[psycopg.Connection, Request], Iterator[Landed]]] = {
    "edgar-tickers": tickers,
    "edgar-submissions": submissions,
    "edgar-facts": facts,
    "edgar-index": index,
    "edgar-feed": feed,
    "fred": series,
    "ibkr": historical_bars,
}


def _ciks(request: Request) -> list[int]:
    if not request.wanted:
        raise IngestError("name the CIKs wanted, e.g. 320193")
    try:
        return [int(cik) for cik in request.wanted]
    except ValueError as error:
        raise IngestError(f"a CIK is a number: {error}") from error
