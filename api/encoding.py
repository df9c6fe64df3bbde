"""Tables as JSON, CSV, Arrow and Parquet; the same numbers in each.

What is the same for every row (`about`: the factor, the date, the universe) is
said once in JSON, and is a leading column in the tabular formats. NaN and
infinity, which no build publishes, are null everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Literal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from api.database import Table

MediaType = Literal[
    "application/json",
    "text/csv",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.arrow.file",
    "application/vnd.apache.parquet",
]
ARROW_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float32(),
    701: pa.float64(),
    1009: pa.list_(pa.string()),
    1022: pa.list_(pa.float64()),
    1082: pa.date32(),
    1184: pa.timestamp("us", "UTC"),
    3802: pa.string(),
}
NPY = "application/x-npy"
JSONB = 3802


def encode_json(table: Table, about: Mapping[str, Any], following: str | None) -> bytes:
    """`{about…, "data": [{…}], "next": cursor or null}`; orjson writes NaN as null."""
    return orjson.dumps({**about, "data": table.records(), "next": following})


def encode_record(table: Table, about: Mapping[str, Any]) -> bytes:
    """`{about…, the only row}` as one object."""
    (record,) = table.records()
    return orjson.dumps({**about, **record})


def encode_table(table: Table, about: Mapping[str, Any], media_type: str) -> bytes:
    """The table in one of the tabular formats."""
    frame = to_arrow(table, about)
    sink = BytesIO()
    if media_type == "text/csv":
        pa.csv.write_csv(_without_lists(frame), sink)
    elif media_type == "application/vnd.apache.parquet":
        pa.parquet.write_table(frame, sink)
    else:
        is_stream = media_type.endswith("stream")
        writer = pa.ipc.new_stream if is_stream else pa.ipc.new_file
        with writer(sink, frame.schema) as ipc:
            ipc.write_table(frame)
    return sink.getvalue()


def to_arrow(table: Table, about: Mapping[str, Any]) -> pa.Table:
    """The table with `about` as leading constant columns, typed by PostgreSQL's types."""
    height = len(table.rows)
    values = list(zip(*table.rows, strict=True)) if height else [()] * len(table.names)
    arrays = {name: pa.repeat(_scalar(value), height) for name, value in about.items()}
    for name, oid, column in zip(table.names, table.types, values, strict=True):
        cells = [_json_text(cell) for cell in column] if oid == JSONB else column
        arrays[name] = _finite(pa.array(cells, ARROW_TYPES[oid]))
    return pa.table(arrays)


def encode_matrix(matrix: list[list[float]]) -> bytes:
    """A matrix as `numpy.save` writes it: float64, C order."""
    sink = BytesIO()
    np.save(sink, np.array(matrix, dtype=np.float64), allow_pickle=False)
    return sink.getvalue()


def _scalar(value: Any) -> pa.Scalar:
    """What is missing is a missing text: a column has to have a type."""
    return pa.scalar(None, pa.string()) if value is None else pa.scalar(value)


def _json_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _finite(array: pa.Array) -> pa.Array:
    if not pa.types.is_floating(array.type):
        return array
    return pc.if_else(pc.is_finite(array), array, pa.scalar(None, array.type))


def _without_lists(frame: pa.Table) -> pa.Table:
    """CSV has no lists: their elements are joined by a space."""
    for position, field in enumerate(frame.schema):
        if pa.types.is_list(field.type):
            texts = frame.column(position).cast(pa.list_(pa.string()))
            joined = pc.binary_join(texts, " ")
            frame = frame.set_column(position, field.name, joined)
    return frame
