"""Company facts: vintages, taxonomies, bad facts, bulk zips, kills, and the live API."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from ingest import edgar_facts
from ingest.edgar_client import sec_client
from ingest.errors import IngestError, TooManyRejects, UnexpectedPayload, VendorUnavailable

FACTS = "sec/companyfacts"
APPLE, NVIDIA, TSMC = "CIK0000320193", "CIK0001045810", "CIK0001046179"
GOOD = {
    "start": "2020-01-01", "end": "2020-12-31", "val": 5, "accn": "0000000001-21-000001",
    "fy": 2020, "fp": "FY", "form": "10-K", "filed": "2021-02-01",
}  # fmt: skip
KILLED = """
import sys
from pathlib import Path
import psycopg
from ingest import edgar_facts

with psycopg.connect(sys.argv[1]) as conn:
    for landed in edgar_facts.run(conn, Path(sys.argv[2])):
        print(landed.rows_landed, flush=True)
"""


def fact(**changes: Any) -> dict[str, Any]:
    """A good fact with some keys changed; a key changed to `...` is left out."""
    return {key: value for key, value in (GOOD | changes).items() if value is not ...}


def document(facts: list[Any], cik: int | str = 1, tag: str = "Assets") -> bytes:
    units = {"USD": facts}
    return orjson.dumps(
        {"cik": cik, "entityName": "One Inc.", "facts": {"us-gaap": {tag: {"units": units}}}}
    )


def many(n: int) -> list[dict[str, Any]]:
    return [fact(val=number) for number in range(n)]


def company_zip(path: Path, n: int, n_facts: int = 3) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for cik in range(1, n + 1):
            archive.writestr(f"CIK{cik:010d}.json", document(many(n_facts), cik))
    return path


def land(conn: psycopg.Connection, path: Path, **options: Any) -> list[int]:
    """Rows landed, per new load."""
    return [done.rows_landed for done in edgar_facts.run(conn, path, **options) if done.is_new]


def all_of(conn: psycopg.Connection, statement: str) -> list[Any]:
    rows = conn.execute(statement).fetchall()
    conn.commit()
    return [row[0] if len(row) == 1 else row for row in rows]


def landed_facts(conn: psycopg.Connection) -> set[tuple[Any, ...]]:
    return set(
        all_of(
            conn,
            "select cik, taxonomy, tag, unit, period_start, period_end, accession, value, form, "
            "filed from raw.company_fact",
        )
    )


def reasons(conn: psycopg.Connection) -> list[str]:
    return all_of(conn, "select reason from raw.reject order by reason")


@pytest.mark.data
def test_all_facts_of_a_file_land(conn: psycopg.Connection, data: Path) -> None:
    path = data / FACTS / f"{TSMC}.json.gz"
    taxonomies = orjson.loads(gzip.decompress(path.read_bytes()))["facts"]
    expected = {
        (taxonomy, tag, unit, fact["accn"], fact["end"], fact["val"])
        for taxonomy, tags in taxonomies.items()
        for tag, concept in tags.items()
        for unit, facts in concept["units"].items()
        for fact in facts
    }
    land(conn, path)
    landed = all_of(
        conn,
        "select taxonomy, tag, unit, accession, period_end::text, value from raw.company_fact",
    )
    assert set(landed) == expected
    assert {row[0] for row in landed} == {"dei", "ifrs-full"}
    assert all_of(conn, "select entity_name from raw.company_fact_entity") == [
        "Taiwan Semiconductor Manufacturing Company Limited"
    ]


@pytest.mark.data
@pytest.mark.parametrize("company", [APPLE, NVIDIA])
def test_a_newer_vintage_lands_only_what_is_new(
    conn: psycopg.Connection, data: Path, company: str
) -> None:
    older, newer = sorted((data / FACTS).glob(f"{company}*.gz"))
    before = sum(land(conn, older)) - 1
    after = sum(land(conn, newer)) - 1
    assert 0 < after < before / 20
    # The same fact is not twice there, and nothing of either vintage is missing.
    assert len(landed_facts(conn)) == before + after


@pytest.mark.data
def test_vintages_out_of_order_give_the_same_facts(
    new_database: Callable[[], str], data: Path
) -> None:
    older, newer = sorted((data / FACTS).glob(f"{APPLE}*.gz"))
    found = []
    for order in ([older, newer], [newer, older]):
        with psycopg.connect(new_database()) as conn:
            for path in order:
                land(conn, path)
            found.append(landed_facts(conn))
    assert found[0] == found[1]


@pytest.mark.data
def test_a_folder_lands_once(conn: psycopg.Connection, data: Path, tmp_path: Path) -> None:
    for name in ("CIK0001997711.json.gz", "CIK0000865941.json.gz"):
        shutil.copy(data / FACTS / name, tmp_path)
    assert len(land(conn, tmp_path)) == 2
    assert land(conn, tmp_path) == []
    # A CIK written as text is the same number.
    assert 1997711 in all_of(conn, "select distinct cik from raw.company_fact")


def test_the_same_content_lands_once_as_json_gzip_and_zip(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    content = document(many(3))
    (tmp_path / "CIK1.json").write_bytes(content)
    (tmp_path / "CIK1.json.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "bulk.zip", "w") as archive:
        archive.writestr("CIK0000000001.json", content)
    assert land(conn, tmp_path) == [4]


def test_a_fact_twice_in_a_file_lands_once(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "CIK1.json"
    path.write_bytes(document([fact(), fact(frame="CY2020"), fact(val=6)]))
    land(conn, path)
    assert sorted(all_of(conn, "select value from raw.company_fact")) == [5, 6]
    assert reasons(conn) == []


def test_numbers_beyond_64_bits_and_zero_facts_land(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "CIK1.json"
    content = document([fact(val=2**53 + 1), fact(val=77), fact(val=-0.5)])
    path.write_bytes(content.replace(b"77", str(10**25).encode()))
    (tmp_path / "CIK2.json").write_bytes(b'{"cik": 2, "entityName": "Two", "facts": {}}')
    assert land(conn, tmp_path) == [4, 1]
    assert sorted(all_of(conn, "select value from raw.company_fact")) == [-0.5, 2.0**53, 1e25]


FUTURE = (date.today() + timedelta(days=30)).isoformat()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (fact(end="2201-13-45"), "impossible date in end"),
        (fact(end="2201-12-31", start=...), "impossible date in end"),
        (fact(end="1820-12-31", start=...), "impossible date in end"),
        (fact(end=...), "impossible date in end"),
        (fact(start="2020-02-31"), "impossible date in start"),
        (fact(start="2021-01-01"), "the period ends before it starts"),
        (fact(filed="yesterday"), "impossible date in filed"),
        (fact(filed=FUTURE), "filed in the future"),
        (fact(val=...), "no val"),
        (fact(val=None), "no val"),
        (fact(val="1,234"), "val is not a number"),
        (fact(val="1234"), "val is not a number"),
        (fact(val=True), "val is not a number"),
        (fact(accn=None), "no accession number"),
        ("not a fact", "impossible date in end"),
    ],
)
def test_a_bad_fact_is_rejected_with_its_place(broken: Any, reason: str) -> None:
    content = document([*many(30), broken, fact(val=99)])
    _, batch = edgar_facts.parse("CIK1.json", content)
    assert batch.rows.height == 31
    (reject,) = batch.rejects
    assert (reject.file, reject.line) == ("CIK1.json", None)
    assert str(reject.record).startswith("us-gaap/Assets/USD[30] {")
    assert reject.reason.startswith(reason)


def test_the_good_facts_of_a_file_land_and_the_bad_ones_are_kept(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "CIK1.json"
    bad = [fact(end="2201-13-45"), fact(val="1,234"), fact(filed=FUTURE)]
    path.write_bytes(document([*many(97), *bad]))
    assert land(conn, path) == [98]
    assert all_of(conn, "select distinct file from raw.reject") == [str(path)]
    assert [reason[:19] for reason in reasons(conn)] == [
        "filed in the future", "impossible date in ", "val is not a number",
    ]  # fmt: skip


def test_a_locator_counts_within_its_unit(conn: psycopg.Connection, tmp_path: Path) -> None:
    facts = {
        "dei": {"Shares": {"units": {"shares": many(20)}}},
        "us-gaap": {
            "Empty": {"units": {"USD": []}},
            "Assets": {"units": {"EUR": many(20), "USD": [fact(), fact(val=None)]}},
            "Broken": {"units": "none"},
        },
    }
    path = tmp_path / "CIK1.json"
    path.write_bytes(orjson.dumps({"cik": 1, "facts": facts}))
    land(conn, path)
    records = all_of(conn, "select record from raw.reject order by record")
    assert [record.split()[0] for record in records] == [
        "us-gaap/Assets/USD[1]", "us-gaap/Broken/?",
    ]  # fmt: skip


def test_too_many_bad_facts_stop_the_file_not_the_others(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "CIK1.json").write_bytes(document([fact(), fact(val=None)]))
    (tmp_path / "CIK2.json").write_bytes(document([fact()], cik=2))
    with pytest.raises(TooManyRejects, match=r"CIK1\.json: 1 of 3 .*USD\[1\]|CIK1\.json: 1 of 3"):
        land(conn, tmp_path)
    assert all_of(conn, "select distinct cik from raw.company_fact") == [2]
    assert reasons(conn) == ["no val"]


def test_unreadable_files_are_named_and_the_others_land(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    contents = {
        "CIK1.json.gz": gzip.compress(document(many(50)))[:-20],
        "CIK2.json": document(many(3))[:-9],
        "CIK3.json": b"<html><title>Not here</title></html>",
        "CIK4.json": b'{"cik": 1, "filings": {}}',
        "CIK5.json": b"",
        "CIK6.json": document(many(3), cik=6),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnexpectedPayload) as caught:
        land(conn, tmp_path)
    for message in (
        r"CIK1\.json\.gz: truncated or damaged gzip",
        r"CIK2\.json: line 1 column \d+: broken JSON",
        r"CIK3\.json: line 1: a web page instead of JSON, titled .Not here",
        r"CIK4\.json: line 1: JSON without facts",
        r"CIK5\.json: line 1 column 1: broken JSON",
    ):
        assert re.search(message, str(caught.value))
    assert all_of(conn, "select distinct cik from raw.company_fact") == [6]
    failed = all_of(conn, "select error from raw.load where status = 'failed' order by uri")
    assert [re.findall(r"CIK\d", error)[0] for error in failed] == [f"CIK{n}" for n in range(1, 6)]


def test_a_file_that_names_no_company_is_refused(conn: psycopg.Connection, tmp_path: Path) -> None:
    content = orjson.dumps({"facts": {}})
    (tmp_path / "facts.json").write_bytes(content)
    with pytest.raises(UnexpectedPayload, match=r"facts\.json: .*no CIK in the file nor in its"):
        land(conn, tmp_path / "facts.json")
    (tmp_path / "CIK0000000007.json").write_bytes(content + b" ")
    assert land(conn, tmp_path / "CIK0000000007.json") == [1]


def test_a_broken_member_of_the_bulk_zip_spares_the_others(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = company_zip(tmp_path / "companyfacts.zip", 3)
    damaged = bytearray(path.read_bytes())
    damaged[70:80] = b"\xff" * 10
    path.write_bytes(damaged)
    with pytest.raises(UnexpectedPayload, match=r"companyfacts\.zip!CIK0000000001\.json: damaged"):
        land(conn, path)
    assert all_of(conn, "select distinct cik from raw.company_fact order by cik") == [2, 3]


def test_a_killed_bulk_load_goes_on_with_what_is_missing(
    conn: psycopg.Connection, database: str, tmp_path: Path
) -> None:
    path = company_zip(tmp_path / "companyfacts.zip", 60, n_facts=400)
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, database, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    for _ in range(5):
        killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_until_unlocked(conn)
    done = all_of(conn, "select uri from raw.load where status = 'done'")
    assert 5 <= len(done) < 60
    assert all_of(conn, "select count(distinct cik) from raw.company_fact") == [len(done)]

    assert land(conn, path) == [401] * (60 - len(done))
    assert all_of(conn, "select count(*) from raw.company_fact") == [60 * 400]
    assert land(conn, path) == []


def test_a_new_bulk_zip_reads_only_the_members_that_changed(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    land(conn, company_zip(tmp_path / "monday.zip", 3))
    tuesday = company_zip(tmp_path / "tuesday.zip", 4)
    # Damaged, but never read: it has Monday's name, CRC and size.
    damaged = bytearray(tuesday.read_bytes())
    damaged[70:80] = b"\xff" * 10
    tuesday.write_bytes(damaged)
    assert land(conn, tuesday) == [4]


def answers(pages: dict[str, httpx.Response]) -> httpx.Client:
    """An SEC client whose vendor answers from a dictionary; everything else is a 404."""

    def answer(request: httpx.Request) -> httpx.Response:
        return pages.get(str(request.url), httpx.Response(404, text="NoSuchKey"))

    return sec_client("Test test@example.org", transport=httpx.MockTransport(answer), backoff_s=0)


def test_live_facts_land_and_unchanged_ones_are_not_asked_for_again(
    conn: psycopg.Connection,
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-none-match"))
        if asked[-1] == '"v1"':
            return httpx.Response(304)
        return httpx.Response(200, content=document(many(3), 320193), headers={"ETag": '"v1"'})

    transport = httpx.MockTransport(answer)
    with sec_client("Test test@example.org", transport=transport) as http:
        (first,) = edgar_facts.run_live(conn, http, ciks=["CIK0000320193"])
        (again,) = edgar_facts.run_live(conn, http, ciks=[320193])
    assert (first.rows_landed, first.is_new, again.is_new) == (4, True, False)
    assert first.uri == "https://data.sec.gov/api/xbrl/companyfacts/CIK0000320193.json"
    assert asked == [None, '"v1"']


def test_live_a_company_without_facts_does_not_stop_the_others(conn: psycopg.Connection) -> None:
    pages = {edgar_facts.url_of(2): httpx.Response(200, content=document(many(3), 2))}
    with (
        answers(pages) as http,
        pytest.raises(UnexpectedPayload, match=r"CIK0000000001\.json: 404 Not Found: NoSuchKey"),
    ):
        list(edgar_facts.run_live(conn, http, ciks=[1, 2]))
    assert all_of(conn, "select distinct cik from raw.company_fact") == [2]


def test_live_a_vendor_that_is_down_is_unavailable(conn: psycopg.Connection) -> None:
    pages = {edgar_facts.url_of(1): httpx.Response(503)}
    with (
        answers(pages) as http,
        pytest.raises(VendorUnavailable, match=r"CIK0000000001\.json: no answer, at last 503"),
    ):
        list(edgar_facts.run_live(conn, http, ciks=[1]))


def test_live_a_web_page_is_not_taken_for_facts(conn: psycopg.Connection) -> None:
    page = "<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head></html>"
    pages = {edgar_facts.url_of(1): httpx.Response(200, text=page)}
    with answers(pages) as http, pytest.raises(UnexpectedPayload, match="Rate Threshold Exceeded"):
        list(edgar_facts.run_live(conn, http, ciks=[1]))


def test_live_a_cik_that_is_none_is_named(conn: psycopg.Connection) -> None:
    with answers({}) as http, pytest.raises(IngestError, match="'AAPL' is no CIK"):
        list(edgar_facts.run_live(conn, http, ciks=["AAPL"]))


def test_live_the_bulk_zip_is_downloaded_once(conn: psycopg.Connection, tmp_path: Path) -> None:
    content = company_zip(tmp_path / "made.zip", 3).read_bytes()
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        headers = {"Last-Modified": "Fri, 30 Jan 2026 08:00:00 GMT"}
        body = content if request.method == "GET" else b""
        return httpx.Response(200, content=body, headers=headers)

    folder = tmp_path / "bulk"
    with sec_client("Test test@example.org", transport=httpx.MockTransport(answer)) as http:
        first = list(edgar_facts.run_live(conn, http, bulk_folder=folder))
        again = list(edgar_facts.run_live(conn, http, bulk_folder=folder))
    assert [done.rows_landed for done in first] == [4, 4, 4]
    assert not any(done.is_new for done in again)
    assert asked == ["HEAD", "GET", "HEAD"]
    assert [path.name for path in folder.iterdir()] == ["companyfacts.20260130T080000.zip"]


def wait_until_unlocked(conn: psycopg.Connection) -> None:
    deadline = time.monotonic() + 20
    while all_of(conn, "select 1 from pg_locks where locktype = 'advisory'"):
        assert time.monotonic() < deadline, "the killed process still holds its lock"
        time.sleep(0.05)
