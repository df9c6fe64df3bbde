"""The landing path under duplicates, kills, a second writer, a lost server and a full disk."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingest.errors import (
    DatasetBusy,
    IngestError,
    ServerGone,
    StorageFull,
    TooManyRejects,
    UnexpectedPayload,
    VendorUnavailable,
)
from ingest.landing import Batch, Content, Item, Landed, Reject, land, land_many

KILLED_LOAD = """
import sys, time
import polars as pl, psycopg
from ingest.landing import Batch, land

def parse():
    yield Batch("company_ticker", pl.DataFrame({"cik": [1, 2], "ticker": ["A", "B"]}))
    print("copied", flush=True)
    time.sleep(60)

with psycopg.connect(sys.argv[1]) as conn:
    land(conn, source="t", dataset="t", uri="u", payload=b"x", parse=parse)
"""


def tickers(*names: str, rejects: int = 0) -> Batch:
    rows = pl.DataFrame({"cik": list(range(1, len(names) + 1)), "ticker": list(names)})
    bad = [Reject("tickers.json", n + 1, "the record", "no ticker") for n in range(rejects)]
    return Batch("company_ticker", rows, bad)


def facts(values: list[float], load: int = 0) -> Batch:
    n = len(values)
    return Batch(
        "company_fact",
        pl.DataFrame(
            {
                "cik": [320193] * n,
                "taxonomy": ["us-gaap"] * n,
                "tag": ["Assets"] * n,
                "unit": ["USD"] * n,
                "period_start": pl.Series([None] * n, dtype=pl.Date),
                "period_end": ["2020-09-26"] * n,
                "accession": ["0000320193-20-000096"] * n,
                "value": values,
                "form": ["10-K"] * n,
                "filed": ["2020-10-30"] * n,
            }
        ),
    )


def put(
    conn: psycopg.Connection, *batches: Batch, payload: bytes = b"x", **options: object
) -> Landed:
    arguments = {"source": "t", "dataset": "t", "uri": "tickers.json"} | options
    return land(conn, payload=payload, parse=lambda: batches, **arguments)  # type: ignore[arg-type]


def one(conn: psycopg.Connection, statement: str) -> object:
    row = conn.execute(statement).fetchone()
    conn.commit()
    assert row is not None
    return row[0] if len(row) == 1 else row


def item(uri: str, content: bytes | IngestError | None, member: str | None = None) -> Item:
    def read() -> Content | None:
        if isinstance(content, IngestError):
            raise content
        return None if content is None else Content(content)

    return Item(uri, read, lambda payload: [tickers(payload.decode())], member)


def put_many(conn: psycopg.Connection, *items: Item) -> Iterator[Landed]:
    return land_many(conn, items, source="t", dataset="t")


def test_good_rows_land_and_bad_ones_are_kept_with_their_reason(conn: psycopg.Connection) -> None:
    landed = put(conn, tickers(*"ABCDEFGHIJ", rejects=1), reject_threshold=0.2)
    assert (landed.rows_read, landed.rows_landed, landed.rows_rejected) == (11, 10, 1)
    assert one(conn, "select file, line, record, reason from raw.reject") == (
        "tickers.json", 1, "the record", "no ticker",
    )  # fmt: skip
    assert one(conn, "select rows_read, rows_landed, rows_rejected, status from raw.load") == (
        11, 10, 1, "done",
    )  # fmt: skip


def test_the_same_bytes_land_once(conn: psycopg.Connection) -> None:
    assert put(conn, tickers("A")).is_new
    again = put(conn, tickers("A"), uri="the same under another name")
    assert (again.is_new, again.load_id) == (False, None)
    assert one(conn, "select count(*) from raw.company_ticker") == 1


def test_the_same_bytes_read_another_way_are_another_load(conn: psycopg.Connection) -> None:
    put(conn, tickers("A"), options={"as_of": "2025-01-01"})
    assert put(conn, tickers("A"), options={"as_of": "2026-01-01"}).is_new


def test_only_content_that_is_new_lands(conn: psycopg.Connection) -> None:
    put(conn, facts([1.0, 2.0, 2.0]), payload=b"first")
    landed = put(conn, facts([2.0, 3.0]), payload=b"second")
    assert landed.rows_landed == 1
    assert one(conn, "select array_agg(value order by value) from raw.company_fact") == [1, 2, 3]


def test_too_many_rejects_land_nothing_but_themselves(conn: psycopg.Connection) -> None:
    with pytest.raises(TooManyRejects, match=r"3 of 4 .* first: tickers\.json line 1: no ticker"):
        put(conn, tickers("A", rejects=3))
    assert one(conn, "select count(*) from raw.company_ticker") == 0
    assert one(conn, "select count(*) from raw.reject") == 3
    assert one(conn, "select status, rows_rejected from raw.load") == ("failed", 3)


def test_a_failed_load_can_be_tried_again(conn: psycopg.Connection) -> None:
    with pytest.raises(TooManyRejects):
        put(conn, tickers("A", rejects=3))
    assert put(conn, tickers("A", rejects=3), reject_threshold=1.0).rows_landed == 1


def test_a_row_with_a_nul_character_is_rejected(conn: psycopg.Connection) -> None:
    landed = put(conn, tickers("A", "B\x00"), reject_threshold=0.5)
    assert (landed.rows_landed, landed.rows_rejected) == (1, 1)
    assert one(conn, "select reason from raw.reject") == "text with a NUL character"


def test_what_the_server_refuses_lands_nothing(conn: psycopg.Connection) -> None:
    bad = Batch("company_ticker", pl.DataFrame({"cik": ["many"], "ticker": ["B"]}))
    with pytest.raises(IngestError, match=r"tickers\.json: the server refused it \(invalid input"):
        put(conn, tickers("A"), bad)
    assert one(conn, "select count(*) from raw.company_ticker") == 0
    assert one(conn, "select status from raw.load") == "failed"


def test_items_that_cannot_be_read_do_not_stop_the_others(conn: psycopg.Connection) -> None:
    landed = put_many(
        conn,
        item("a", UnexpectedPayload("a: broken")),
        item("b", b"B"),
        item("c", UnexpectedPayload("c: cut")),
        item("d", b"D"),
    )
    assert (next(landed).uri, next(landed).uri) == ("b", "d")
    with pytest.raises(UnexpectedPayload, match=r"(?s)2 could not.*- a: broken.*- c: cut"):
        next(landed)
    errors = one(conn, "select array_agg(error order by uri) from raw.load where error is not null")
    assert errors == ["UnexpectedPayload: a: broken", "UnexpectedPayload: c: cut"]


def test_one_item_that_cannot_be_read_is_raised_as_it_is(conn: psycopg.Connection) -> None:
    with pytest.raises(VendorUnavailable, match=r"^a: 503$"):
        list(put_many(conn, item("a", VendorUnavailable("a: 503")), item("b", b"B")))
    assert one(conn, "select count(*) from raw.company_ticker") == 1


def test_an_unchanged_document_is_no_load(conn: psycopg.Connection) -> None:
    (landed,) = put_many(conn, item("a", None))
    assert not landed.is_new
    assert one(conn, "select count(*) from raw.load") == 0


def test_the_same_content_twice_in_one_go_lands_once(conn: psycopg.Connection) -> None:
    assert [done.is_new for done in put_many(conn, item("a", b"A"), item("b", b"A"))] == [
        True,
        False,
    ]


def test_a_member_that_has_landed_is_not_read_again(conn: psycopg.Connection) -> None:
    list(put_many(conn, item("a.zip!1", b"A", member="1:crc:1")))
    never_read = item("b.zip!1", UnexpectedPayload("read again"), member="1:crc:1")
    assert [done.is_new for done in put_many(conn, never_read)] == [False]


def test_a_member_whose_content_landed_as_a_file_is_read_once_more(
    conn: psycopg.Connection,
) -> None:
    put(conn, tickers("A"), payload=b"A")
    assert [done.is_new for done in put_many(conn, item("z!1", b"A", member="m"))] == [False]
    never_read = item("z!1", UnexpectedPayload("read again"), member="m")
    assert [done.is_new for done in put_many(conn, never_read)] == [False]


def test_a_second_writer_of_a_dataset_is_turned_away(
    conn: psycopg.Connection, database: str
) -> None:
    with psycopg.connect(database) as other:
        first = put_many(conn, item("a", b"A"), item("b", b"B"))
        next(first)
        with pytest.raises(DatasetBusy, match="another process is landing t"):
            put(other, tickers("C"), payload=b"C")
        assert put(other, tickers("C"), payload=b"C", dataset="another").is_new
        list(first)
        assert put(other, tickers("C"), payload=b"C").is_new


def test_a_killed_load_leaves_nothing_and_the_next_run_lands_all(
    conn: psycopg.Connection, database: str
) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED_LOAD, database], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "copied\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_until_unlocked(conn)
    assert one(conn, "select count(*) from raw.company_ticker") == 0
    assert one(conn, "select status from raw.load") == "running"

    assert put(conn, tickers("A", "B")).rows_landed == 2
    assert one(conn, "select count(*) from raw.company_ticker") == 2
    assert one(conn, "select array_agg(status order by load_id) from raw.load") == [
        "failed", "done",
    ]  # fmt: skip
    assert "interrupted" in str(one(conn, "select error from raw.load where status = 'failed'"))


def test_a_server_that_goes_away_is_said_and_nothing_landed(
    conn: psycopg.Connection, database: str
) -> None:
    def parse() -> Iterator[Batch]:
        yield tickers("A")
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [conn.info.backend_pid])
        yield tickers("B")

    with pytest.raises(ServerGone, match=r"tickers\.json: the server went away .*nothing landed"):
        land(conn, source="t", dataset="t", uri="tickers.json", payload=b"x", parse=parse)
    with psycopg.connect(database) as again:
        assert one(again, "select count(*) from raw.company_ticker") == 0
        assert put(again, tickers("A", "B")).rows_landed == 2


def test_a_server_that_goes_away_between_items_is_said(
    conn: psycopg.Connection, database: str
) -> None:
    landing = put_many(conn, item("a", b"A"), item("b", b"B"))
    next(landing)
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [conn.info.backend_pid])
    with pytest.raises(ServerGone):
        list(landing)
    with psycopg.connect(database) as again:
        assert [done.is_new for done in put_many(again, item("a", b"A"), item("b", b"B"))] == [
            False, True,
        ]  # fmt: skip


def test_a_full_disk_is_said_and_nothing_landed(
    small_disk: Callable[[str], None], conn: psycopg.Connection
) -> None:
    small_disk("raw.company_fact")
    many = facts([float(n) for n in range(150_000)])
    with pytest.raises(StorageFull, match=r"tickers\.json: the server has no room left \("):
        put(conn, tickers("A"), many)
    assert one(conn, "select count(*) from raw.company_ticker") == 0
    assert one(conn, "select count(*) from raw.company_fact") == 0
    assert one(conn, "select status from raw.load") == "failed"
    assert put(conn, tickers("A"), facts([1.0, 2.0])).rows_landed == 3


@pytest.fixture
def small_disk(database: str, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Moves a table onto a file system of 8 MB, which is real: a tmpfs of its own."""
    folder = Path(f"/tmp/factorium-small-disk-{os.getpid()}")
    mount_small(folder)
    name = f"small_{os.getpid()}"
    moved: list[str] = []
    with psycopg.connect(database, autocommit=True) as owner:
        try:
            owner.execute(f"create tablespace {name} location '{folder}/data'")
        except psycopg.Error as error:
            subprocess.run(["umount", str(folder)], check=True)
            pytest.skip(f"the server cannot use a disk of this machine: {error}")

        def move(table: str, to: str = name) -> None:
            owner.execute(f"alter table {table} set tablespace {to}")
            moved.append(table)

        yield move
        for table in list(moved):
            move(table, "pg_default")
        # Unmounted first: emptying a tablespace would take a checkpoint of the whole cluster.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        owner.execute(f"drop tablespace {name}")
    folder.rmdir()


def mount_small(folder: Path) -> None:
    """Mount 8 MB that the server's user may write to; skip the test where that is forbidden."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("a full disk needs the right to mount a small one")
    (folder / "data").mkdir()
    users = {user.pw_name: user for user in pwd.getpwall()}
    server = next(users[name] for name in ("factorium", "postgres", "nobody") if name in users)
    os.chown(folder / "data", server.pw_uid, server.pw_gid)


def wait_until_unlocked(conn: psycopg.Connection) -> None:
    """The server notices a killed client when it next reads from it."""
    deadline = time.monotonic() + 20
    while one(conn, "select exists (select from pg_locks where locktype = 'advisory')"):
        assert time.monotonic() < deadline, "the killed process still holds its lock"
        time.sleep(0.05)
