"""Who delivers bars, actions and panels, in `ref.data_source`, and on which basis.

The basis of a source's prices is part of its identity: prices divided by later
splits and prices as traded must never meet under one name, because SQL adjusts
them differently.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import psycopg

from ingest.errors import IngestError
from sql import query

Basis = Literal["unadjusted", "adjusted"]


def data_source_id(
    conn: psycopg.Connection,
    name: str,
    *,
    split_basis: Basis = "unadjusted",
    dividend_basis: Basis = "unadjusted",
    retrieved_on: date | str | None = None,
    priority: int | None = None,
) -> int:
    """The id of a source of prices; registers it the first time.

    split_basis, dividend_basis: whether open, high, low and close are divided
    by the splits (lowered by the dividends) up to `retrieved_on`; an
    `adj_close` column is adjusted for both by definition and not meant here.
    retrieved_on: the day the vendor was asked; it may move forward, never back.
    priority: lower wins where two sources give the same day; 100 unless ever
    given, the last one given counts.

    Raises IngestError when the source is known on another basis. Commits.
    """
    _check_basis(name, "split_basis", split_basis)
    _check_basis(name, "dividend_basis", dividend_basis)
    with conn.transaction():
        row = conn.execute(
            query("register_data_source"),
            {
                "name": name,
                "split_basis": split_basis,
                "dividend_basis": dividend_basis,
                "retrieved_on": _as_date(name, retrieved_on),
                "priority": priority,
            },
        ).fetchone()
        assert row is not None
        source_id, known_split, known_dividend = row
        if (known_split, known_dividend) != (split_basis, dividend_basis):
            # Raised inside the transaction, which takes the update back.
            raise IngestError(
                f"source {name!r} is registered with split_basis={known_split}, "
                f"dividend_basis={known_dividend}, not split_basis={split_basis}, "
                f"dividend_basis={dividend_basis}: register prices on another basis "
                "under another name"
            )
    conn.commit()
    return int(source_id)


def _check_basis(name: str, option: str, value: str) -> None:
    if value not in get_args(Basis):
        raise IngestError(
            f"source {name!r}: {option} is {value!r}, expected one of {', '.join(get_args(Basis))}"
        )


def _as_date(name: str, value: date | str | None) -> date | None:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise IngestError(
            f"source {name!r}: retrieved_on is {value!r}, not a date like 2024-06-30"
        ) from error
