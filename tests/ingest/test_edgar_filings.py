"""Tickers, filing histories, data sets, indexes and the feed: recorded, broken and live."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import orjson
import polars as pl
import psycopg
import pytest

from ingest import edgar_feed, edgar_fsds, edgar_index, edgar_submissions, edgar_tickers
from ingest.edgar_client import DATA, WWW, sec_client
from ingest.errors import UnexpectedPayload
from ingest.files import files
from ingest.landing import Batch, Landed


def land(conn: psycopg.Connection, module: ModuleType, path: Path, **options: Any) -> list[Landed]:
    """The new loads."""
    return [done for done in module.run(conn, path, **options) if done.is_new]


def all_of(conn: psycopg.Connection, statement: str) -> list[Any]:
    rows = conn.execute(statement).fetchall()
    conn.commit()
    return [row[0] if len(row) == 1 else row for row in rows]


def vendor(answers: dict[str, Any], asked: list[str] | None = None) -> httpx.Client:
    """An SEC client; `answers` is URL → JSON, text, bytes or a ready response."""

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if asked is not None:
            asked.append(url)
        found = answers.get(url, answers.get(url.partition("?")[0]))
        if callable(found):
            found = found(request)
        if isinstance(found, httpx.Response):
            return found
        if found is None:
            return httpx.Response(404)
        body = found if isinstance(found, bytes) else orjson.dumps(found)
        return httpx.Response(200, content=body)

    return sec_client("Test test@example.org", transport=httpx.MockTransport(answer), backoff_s=0)


def batches(module: ModuleType, name: str, content: bytes) -> list[Batch]:
    return list(module.parse(name, content))


# --- tickers


@pytest.mark.data
def test_all_vintages_of_the_ticker_list_land(conn: psycopg.Connection, data: Path) -> None:
    for path in sorted((data / "sec").glob("company_tickers*.json.gz")):
        land(conn, edgar_tickers, path)
    counts = all_of(
        conn,
        "select count(*), max(as_of), count(exchange) > 0 from raw.company_ticker "
        "group by load_id order by load_id",
    )
    assert counts == [(10433, date(2026, 1, 1), False), (9610, None, False), (10089, None, True)]
    assert 320193 in all_of(conn, "select cik from raw.company_ticker where ticker = 'AAPL'")


def test_the_day_of_a_ticker_list_is_an_option_or_in_its_name() -> None:
    content = b'{"0": {"cik_str": 1, "ticker": "A", "title": "One"}}'
    (named,) = edgar_tickers.parse("company_tickers.2025-03-31.json", content)
    (given,) = edgar_tickers.parse("company_tickers.2025.json", content, as_of=date(2024, 5, 6))
    assert named.rows.rows() == [(1, "A", "One", None, date(2025, 3, 31))]
    assert given.rows.get_column("as_of").to_list() == [date(2024, 5, 6)]


@pytest.mark.parametrize("name", ["company_tickers.json", "x.2026-02-31.json", "n12020.json"])
def test_a_name_without_a_day_gives_none(name: str) -> None:
    assert edgar_tickers.date_of(name) is None


def test_bad_tickers_are_rejected_with_their_place() -> None:
    content = orjson.dumps(
        {
            "0": {"cik_str": 1, "ticker": "A", "title": "One"},
            "1": {"cik_str": "many", "ticker": "B", "title": "Two"},
            "2": {"cik_str": 3, "ticker": None, "title": "Three"},
            "3": {"cik_str": 1, "ticker": "A", "title": "One"},
        }
    )
    (batch,) = edgar_tickers.parse("t.json", content)
    assert batch.rows.height == 1
    assert [(str(r.record)[:3], r.reason) for r in batch.rejects] == [
        ("[1]", "cik is not a number"), ("[2]", "no ticker"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"fields": ["cik", "symbol"], "data": [[1, "A"]]}', "no columns cik and ticker; found"),
        (b"[]", "a JSON list, not an object"),
        (b"<!DOCTYPE html><html></html>", "a web page instead of JSON"),
        (b'{"0": {"cik_str": 1,', "line 1 column 21: broken JSON"),
    ],
)
def test_something_else_than_a_ticker_list_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnexpectedPayload, match=rf"t\.json: .*{message}"):
        edgar_tickers.parse("t.json", content)


def test_live_tickers_are_dated_today(conn: psycopg.Connection) -> None:
    listing = {"fields": ["cik", "name", "ticker", "exchange"], "data": [[1, "One", "A", "NYSE"]]}
    with vendor({edgar_tickers.URL: listing}) as http:
        list(edgar_tickers.run_live(conn, http))
    assert all_of(conn, "select cik, ticker, title, exchange, as_of from raw.company_ticker") == [
        (1, "A", "One", "NYSE", datetime.now(UTC).date())
    ]


# --- submissions


def history(n: int = 2, first: int = 1, **changes: list[Any]) -> dict[str, list[Any]]:
    """A page of n filings, in the SEC's columns."""
    return {
        "accessionNumber": [f"0000000001-20-{number:06d}" for number in range(first, first + n)],
        "form": ["10-K"] * n,
        "filingDate": ["2020-02-01"] * n,
        "reportDate": ["2019-12-31"] + [""] * (n - 1),
        "acceptanceDateTime": ["2020-02-01T06:30:00.000Z"] * n,
        "items": [""] * n,
        "isXBRL": [1] * n,
        "size": [100] * n,
        "primaryDocument": ["a.htm"] * n,
    } | changes


def main_file(page: dict[str, list[Any]], *further: str) -> dict[str, Any]:
    pages = [{"name": name, "filingCount": 1} for name in further]
    return {
        "cik": "0000000001",
        "name": 'One "A" Inc.',
        "tickers": ["A", 'B"{,}'],
        "exchanges": ["NYSE", None],
        "formerNames": [{"name": "Zero", "from": "1994-01-26T00:00:00.000Z", "to": None}],
        "filings": {"recent": page, "files": pages},
    }


@pytest.mark.data
def test_recorded_histories_land_one_load_a_file(conn: psycopg.Connection, data: Path) -> None:
    folder = data / "sec/submissions"
    names = ["CIK0000007084.json.gz", "CIK0000019617-submissions-001.json.gz"]
    for name in names:
        (landed,) = land(conn, edgar_submissions, folder / name)
        assert landed.rows_rejected == 0
    page = orjson.loads(gzip.decompress((folder / names[1]).read_bytes()))
    # A page does not say whose it is: its name does.
    rows = all_of(conn, "select accession, acceptance from raw.filing where cik = 19617")
    expected = zip(page["accessionNumber"], page["acceptanceDateTime"], strict=True)
    assert set(rows) == set(expected)
    assert all_of(conn, "select count(distinct load_id) from raw.filing") == [2]
    assert all_of(conn, "select cik, sic, tickers, fiscal_year_end from raw.filer") == [
        (7084, "2070", ["ADM"], "1231")
    ]


@pytest.mark.data
def test_every_recorded_history_can_be_read(data: Path) -> None:
    n_filings = n_rejects = 0
    for file in files(data / "sec/submissions", "CIK*.json"):
        for batch in edgar_submissions.parse(file.uri, file.read()):
            n_filings += batch.rows.height if batch.table == "filing" else 0
            n_rejects += len(batch.rejects)
    assert (n_filings, n_rejects) == (298_706, 0)


def test_a_filer_keeps_its_texts(conn: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "CIK0000000001.json"
    path.write_bytes(orjson.dumps(main_file(history())))
    land(conn, edgar_submissions, path)
    assert all_of(
        conn, "select name, tickers, exchanges, former_names -> 0 ->> 'name' from raw.filer"
    ) == [('One "A" Inc.', ["A", 'B"{,}'], ["NYSE", None], "Zero")]
    reports = all_of(conn, "select report_date, items, is_xbrl from raw.filing order by accession")
    assert reports == [(date(2019, 12, 31), None, True), (None, None, True)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("filingDate", "2020-02-31", "impossible date in filingDate"),
        ("filingDate", "2201-01-01", "impossible date in filingDate"),
        ("filingDate", "2099-01-01", "filed in the future"),
        ("reportDate", "0019-12-31", "impossible date in reportDate"),
        ("accessionNumber", "oops", "no valid accession number"),
        ("form", "", "no form"),
        ("form", None, "no form"),
    ],
)
def test_a_bad_filing_is_rejected_with_its_place(column: str, value: Any, reason: str) -> None:
    page = history(3)
    page[column] = [page[column][0], value, page[column][2]]
    _, batch = edgar_submissions.parse("CIK1.json", orjson.dumps(main_file(page)))
    assert batch.rows.height == 2
    (reject,) = batch.rejects
    assert str(reject.record).startswith('filings.recent[1] {"accessionNumber"')
    assert reject.reason.startswith(reason)


def test_a_filing_twice_on_a_page_lands_once() -> None:
    page = {name: values * 2 for name, values in history(1).items()}
    (batch,) = edgar_submissions.parse("CIK1-submissions-001.json", orjson.dumps(page))
    assert (batch.rows.height, batch.rejects) == (1, [])


@pytest.mark.parametrize(
    ("name", "document", "message"),
    [
        ("page.json", history(), "no CIK in the file nor in its name"),
        ("CIK1.json", {"cik": 1, "facts": {}}, r"no columns .*accessionNumber"),
        ("CIK1.json", {"cik": 1, "filings": 3}, r"no columns .* in filings\.recent"),
        ("CIK1.json", history(form=["10-K"]), "columns of unequal length"),
        ("CIK1.json", [1], "a JSON list, not an object"),
    ],
)
def test_something_else_than_a_history_is_refused(name: str, document: Any, message: str) -> None:
    with pytest.raises(UnexpectedPayload, match=message):
        batches(edgar_submissions, name, orjson.dumps(document))


PAGE = "CIK0000000001-submissions-001.json"
MAIN_URL, PAGE_URL = (f"{DATA}/submissions/{name}" for name in ("CIK0000000001.json", PAGE))


def test_live_histories_land_with_all_pages(conn: psycopg.Connection) -> None:
    answers = {MAIN_URL: main_file(history(2), PAGE), PAGE_URL: history(3, first=10)}
    with vendor(answers) as http:
        landed = list(edgar_submissions.run_live(conn, http, ciks=[1]))
    assert [(done.uri, done.rows_landed) for done in landed] == [(PAGE_URL, 3), (MAIN_URL, 3)]
    assert all_of(conn, "select distinct cik from raw.filing") == [1]


def test_live_an_unchanged_history_is_one_request(conn: psycopg.Connection) -> None:
    main = orjson.dumps(main_file(history(2), PAGE))

    def conditional(request: httpx.Request) -> httpx.Response:
        if request.headers.get("if-none-match") == '"v1"':
            return httpx.Response(304)
        return httpx.Response(200, content=main, headers={"ETag": '"v1"'})

    asked: list[str] = []
    with vendor({MAIN_URL: conditional, PAGE_URL: history(3, first=10)}, asked) as http:
        list(edgar_submissions.run_live(conn, http, ciks=[1]))
        again = list(edgar_submissions.run_live(conn, http, ciks=[1]))
    assert asked == [MAIN_URL, PAGE_URL, MAIN_URL]
    assert not any(done.is_new for done in again)


def test_live_a_page_that_failed_is_asked_for_again(conn: psycopg.Connection) -> None:
    def described(_: httpx.Request) -> httpx.Response:
        content = orjson.dumps(main_file(history(2), PAGE))
        return httpx.Response(200, content=content, headers={"ETag": '"v1"'})

    with vendor({MAIN_URL: described}) as http, pytest.raises(UnexpectedPayload, match=PAGE):
        list(edgar_submissions.run_live(conn, http, ciks=[1]))
    assert all_of(conn, "select count(*) from raw.filing") == [2]
    with vendor({MAIN_URL: described, PAGE_URL: history(3, first=10)}) as http:
        list(edgar_submissions.run_live(conn, http, ciks=[1]))
    assert all_of(conn, "select count(*) from raw.filing") == [5]


# --- financial statement data sets

NUM = "adsh\ttag\tversion\tddate\tqtrs\tuom\tsegments\tcoreg\tvalue\tfootnote"
SUB = "adsh\tcik\tname\tsic\tfye\tform\tperiod\tfy\tfp\tfiled"


def num(*cells: str) -> str:
    """A good line of num.txt, its last cells replaced by these."""
    good = ["0000000001-20-000001", "Assets", "us-gaap/2019", "20191231", "0", "USD", "", "",
            "12.5000", ""]  # fmt: skip
    return "\t".join(good[: len(good) - len(cells)] + list(cells))


def table(header: str, *lines: str) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


@pytest.mark.data
def test_a_quarter_lands_from_its_zip(conn: psycopg.Connection, data: Path) -> None:
    landed = land(conn, edgar_fsds, data / "sec/fsds/2009q3.zip")
    assert {Path(done.uri).name: done.rows_landed for done in landed} == {
        "2009q3.zip!num.txt": 126_650,
        "2009q3.zip!pre.txt": 47_958,
        "2009q3.zip!sub.txt": 435,
        "2009q3.zip!tag.txt": 8_820,
    }
    assert sum(done.rows_rejected for done in landed) == 0
    assert all_of(
        conn,
        "select cik, sic, fye, period, fy, filed, accepted, prevrpt, nciks from raw.fsds_sub "
        "where adsh = '0001047469-09-007342'",
    ) == [(930835, "4911", "1231", date(2009, 6, 30), 2009, date(2009, 8, 7),
           datetime(2009, 8, 7, 9, 10), False, 1)]  # fmt: skip
    assert land(conn, edgar_fsds, data / "sec/fsds/2009q3.zip") == []


@pytest.mark.data
def test_parquet_files_of_a_quarter_say_the_same_as_text(data: Path) -> None:
    rows = {}
    for file in files(data / "sec/fsds", *edgar_fsds.PATTERNS):
        for batch in edgar_fsds.parse(file.uri, file.read()):
            assert batch.rejects == []
            rows.setdefault(Path(file.uri).name, []).append(batch.rows)
    sub = pl.concat(rows["2010q1.sub.parquet"])
    assert (sub.height, sub.get_column("sic").to_list()[0]) == (495, "3221")
    assert sum(frame.height for frame in rows["2010q1.num.parquet"]) == 194_741
    # A daily set lacks columns of the quarterly ones; they are null.
    daily = pl.concat(rows["20250701.zip!sub.txt"])
    assert (daily.height, daily.get_column("prevrpt").null_count()) == (6, 6)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (num("20191301", "0", "USD", "", "", "12.5", ""), "column ddate: not a possible date"),
        (num("22010101", "0", "USD", "", "", "12.5", ""), "column ddate: not a possible date"),
        (num("many", "USD", "", "", "12.5", ""), "column qtrs: not a number"),
        (num("twelve", ""), "column value: not a number"),
        (num("inf", ""), "column value: not a number"),
        (num("", "", "", "12.5", ""), "column uom: empty"),
        ("12\t13", "2 fields where there should be 10"),
        ("oops" + num(), "column adsh: no accession number"),
        (num(), "exact duplicate of an earlier row"),
    ],
)
def test_a_bad_line_of_a_data_set_is_rejected(line: str, reason: str) -> None:
    others = [num(str(value), "") for value in range(5)]
    content = table(NUM, num(), *others, line, num("99", ""))
    (batch,) = edgar_fsds.parse("2020q1.zip!num.txt", content)
    assert batch.rows.height == 7
    (reject,) = batch.rejects
    assert (reject.file, reject.line, reject.record) == ("2020q1.zip!num.txt", 8, line)
    assert reject.reason.startswith(reason)


def test_a_value_may_be_missing_and_quotes_are_text() -> None:
    content = table(NUM, num("", 'said "so'))
    (batch,) = edgar_fsds.parse("num.txt", content)
    assert batch.rows.select("value", "footnote").rows() == [(None, 'said "so')]


def test_future_submissions_are_rejected() -> None:
    good = "0000000001-20-000001\t1\tOne\t\t1231\t10-K\t20191231\t2019\tFY\t20200201"
    content = table(SUB, good, good.replace("20200201", "20990201"))
    (batch,) = edgar_fsds.parse("sub.txt", content)
    assert batch.rows.height == 1
    assert batch.rejects[0].reason.startswith("column filed: in the future")


def test_lines_are_counted_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edgar_fsds, "CHUNK_BYTES", 200)
    lines = [num(str(value), "") for value in range(50)]
    lines[33] = num("oops", "")
    found = batches(edgar_fsds, "num.txt", table(NUM, *lines))
    assert len(found) > 5
    assert sum(batch.rows.height for batch in found) == 49
    assert [reject.line for batch in found for reject in batch.rejects] == [35]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table("adsh\ttag", "1\t2"), r"line 1: no columns \['ddate', .*found \['adsh', 'tag'\]"),
        (b"", "line 1: no columns"),
        (b"<html><title>Not found</title></html>", "a web page instead of a tab-separated table"),
        (b"PAR1 and then nothing", "truncated or damaged Parquet"),
    ],
)
def test_something_else_than_a_data_set_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(
        UnexpectedPayload, match=rf"num\.txt: {message}|num\.txt: line 1: {message}"
    ):
        batches(edgar_fsds, "num.txt", content)


def test_a_wrong_table_in_a_quarter_spares_the_others(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "2020q1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("num.txt", table(NUM, num()))
        archive.writestr("pre.txt", table("wrong\tcolumns", "1\t2"))
    with pytest.raises(UnexpectedPayload, match=r"2020q1\.zip!pre\.txt: line 1: no columns"):
        land(conn, edgar_fsds, path)
    assert all_of(conn, "select value from raw.fsds_num") == [12.5]


# --- indexes


@pytest.mark.data
def test_recorded_indexes_land_in_every_layout(conn: psycopg.Connection, data: Path) -> None:
    landed = {Path(d.uri).name: d for d in land(conn, edgar_index, data / "sec/index")}
    assert {name: done.rows_rejected for name, done in landed.items()} == dict.fromkeys(landed, 0)
    assert all_of(
        conn,
        "select company_name, form, filed, url from raw.filing_index where accession in "
        "('0001104659-22-105357', '0001140361-20-006155', '0000011860-94-000005') order by filed",
    ) == [
        ("BETHLEHEM STEEL CORP /DE/", "10-Q", date(1993, 11, 12),
         f"{WWW}/Archives/edgar/data/11860/0000011860-94-000005.txt"),
        ("DLP Positive Note Fund LLC", "1-A", date(2020, 3, 18),
         f"{WWW}/Archives/edgar/data/1806014/0001140361-20-006155.txt"),
        ("1st stREIT Office Inc.", "1-A POS", date(2022, 10, 3),
         f"{WWW}/Archives/edgar/data/1700461/0001104659-22-105357.txt"),
    ]  # fmt: skip


MASTER = """Description:           Master Index

CIK|Company Name|Form Type|Date Filed|File Name
--------------------------------------------------------------------------------
"""
LINE = "1000228|HENRY SCHEIN INC|4|20181231|edgar/data/1000228/0001209191-18-064398.txt"


def test_index_lines_that_cannot_be_read_are_rejected() -> None:
    bad = {
        LINE.replace("1000228|", "many|"): "CIK 'many' is not a number",
        LINE.replace("20181231", "20181331"): "impossible date",
        LINE.replace("20181231", "20991231"): "filed in the future",
        LINE.replace("0001209191-18-064398", "x"): "no accession number in the path",
        LINE.replace("|4|", "||"): "no form",
        "1000228|HENRY SCHEIN INC": "not the fields of an index line",
    }
    content = "\n".join([MASTER + LINE, *bad]).encode()
    (batch,) = edgar_index.parse("master.20181231.idx", content)
    assert batch.rows.height == 1
    assert [(r.line, r.record) for r in batch.rejects] == list(enumerate(bad, 6))
    for reject, reason in zip(batch.rejects, bad.values(), strict=True):
        assert reject.reason.startswith(reason)


def test_names_in_either_encoding_keep_their_columns() -> None:
    header = (
        "Form Type   Company Name                  CIK         Date Filed  File Name\n" + "-" * 90
    )
    lines = [header.encode()]
    for encoding in ("utf-8", "latin-1"):
        name = "Société Générale".encode(encoding).ljust(30)
        tail = b"1000228     20181231    edgar/data/1/0001209191-18-064398.txt   "
        lines.append(b"SC 13D/A    " + name + tail)
    (batch,) = edgar_index.parse("form.20181231.idx", b"\n".join(lines))
    assert batch.rejects == []
    assert batch.rows.select("company_name", "form").unique().rows() == [
        ("Société Générale", "SC 13D/A")
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a|b\n1|2\n", "no line of dashes"),
        (b"Names  CIK\n---------\n", "the header names no Company Name, Form Type and CIK"),
        (b"<html><title>Forbidden</title></html>", "a web page instead of an EDGAR index"),
    ],
)
def test_something_else_than_an_index_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnexpectedPayload, match=rf"x\.idx: .*{message}"):
        edgar_index.parse("x.idx", content)


def test_live_indexes_of_a_range_of_days_land(conn: psycopg.Connection) -> None:
    def listing(*names: str) -> dict[str, Any]:
        return {"directory": {"item": [{"name": name, "type": "file"} for name in names]}}

    folders = [f"{edgar_index.DAILY}/2018/QTR4", f"{edgar_index.DAILY}/2019/QTR1"]
    asked: list[str] = []
    answers = {
        f"{folders[0]}/index.json": listing(
            "form.20181231.idx", "master.20181228.idx", "master.20181231.idx"
        ),
        f"{folders[1]}/index.json": listing("master.20190102.idx", "master.20190103.idx"),
        f"{folders[0]}/master.20181231.idx": (MASTER + LINE).encode(),
        f"{folders[1]}/master.20190102.idx": (MASTER + LINE.replace("INC|4", "INC|8-K")).encode(),
    }
    with vendor(answers, asked) as http:
        landed = list(
            edgar_index.run_live(conn, http, since=date(2018, 12, 29), until=date(2019, 1, 2))
        )
    assert [done.rows_landed for done in landed] == [1, 1]
    assert len(asked) == 4


# --- the feed


def entry(number: int, at: str, cik: int = 1, form: str = "8-K", filed: str = "2025-12-12") -> str:
    accession = f"0000000001-25-{number:06d}"
    return f"""<entry><title>{form} - One (The), Inc. ({cik:010d}) (Filer)</title>
<link rel="alternate" href="{WWW}/Archives/{accession}-index.htm"/>
<summary type="html"> &lt;b&gt;Filed:&lt;/b&gt; {filed} &lt;b&gt;AccNo:&lt;/b&gt;</summary>
<updated>2025-12-12T{at}-05:00</updated>
<category scheme="{WWW}/" label="form type" term="{form}"/>
<id>urn:tag:sec.gov,2008:accession-number={accession}</id></entry>"""


def feed(*entries: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'.encode()


def paged(entries: list[str]) -> dict[str, Any]:
    """A feed of pages of 100, newest first."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["start"])
        return httpx.Response(200, content=feed(*entries[start : start + 100]))

    return {edgar_feed.URL: answer}


def descending(n: int) -> list[str]:
    """n entries, one a second, the newest first."""
    times = (f"{12 + s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(n))
    return [entry(number, at) for number, at in enumerate(times)][::-1]


@pytest.mark.data
def test_recorded_pages_of_the_feed_land(conn: psycopg.Connection, data: Path) -> None:
    landed = land(conn, edgar_feed, data / "sec/atom_getcurrent")
    assert sum(done.rows_rejected for done in landed) == 0
    # Oldest first; pages overlap, and a filing of two filers is two rows.
    assert landed[0].uri.endswith("start00900.atom.gz")
    assert edgar_feed.watermark(conn) == "2025-12-12T23:02:10Z"
    keys = all_of(conn, "select cik, accession, form from raw.filing_index")
    assert len(keys) == len(set(keys)) > 900
    filings = edgar_feed.new_filings(conn, None, forms=["8-K"])
    assert {filing.form for filing in filings} == {"8-K"}
    assert "Flux Power Holdings, Inc." in {filing.company_name for filing in filings}


def test_the_feed_is_read_back_to_the_watermark(conn: psycopg.Connection) -> None:
    entries = descending(650)
    asked: list[str] = []
    with vendor(paged(entries[400:])) as http:
        list(edgar_feed.run_live(conn, http))
    mark = edgar_feed.watermark(conn)
    assert mark == "2025-12-12T17:04:09Z"
    with vendor(paged(entries), asked) as http:
        landed = list(edgar_feed.run_live(conn, http))
    assert (len(asked), sum(done.rows_landed for done in landed)) == (5, 400)
    new = edgar_feed.new_filings(conn, mark)
    assert len(new) == 400
    assert new[0].accession == "0000000001-25-000250"
    assert new[-1].updated_at == datetime(2025, 12, 12, 17, 10, 49, tzinfo=UTC)
    assert edgar_feed.new_filings(conn, edgar_feed.watermark(conn)) == []


def test_a_filing_of_the_watermarks_own_second_is_not_lost(conn: psycopg.Connection) -> None:
    earlier = [entry(2, "12:00:02"), entry(1, "12:00:01")]
    with vendor(paged(earlier)) as http:
        list(edgar_feed.run_live(conn, http))
    mark = edgar_feed.watermark(conn)
    with vendor(paged([entry(3, "12:00:02"), *earlier])) as http:
        list(edgar_feed.run_live(conn, http))
    assert [f.accession for f in edgar_feed.new_filings(conn, mark)] == ["0000000001-25-000003"]


def test_a_killed_feed_run_loses_nothing(conn: psycopg.Connection) -> None:
    entries = descending(450)
    with vendor(paged(entries[250:])) as http:
        list(edgar_feed.run_live(conn, http))
    with vendor(paged(entries)) as http:
        interrupted: Iterator[Landed] = edgar_feed.run_live(conn, http)
        next(interrupted)
        interrupted.close()  # type: ignore[attr-defined]
        list(edgar_feed.run_live(conn, http))
    assert all_of(conn, "select count(*) from raw.filing_index") == [450]


def test_a_feed_that_does_not_reach_back_says_what_to_land(conn: psycopg.Connection) -> None:
    entries = descending(650)
    with vendor(paged(entries[600:])) as http:
        list(edgar_feed.run_live(conn, http))
    with (
        vendor(paged(entries)) as http,
        pytest.raises(edgar_feed.FeedGap, match="edgar-index --since 2025-12-12"),
    ):
        list(edgar_feed.run_live(conn, http, max_pages=2))
    assert all_of(conn, "select count(*) from raw.filing_index") == [250]


def test_bad_entries_are_rejected_with_their_place() -> None:
    bad = {
        entry(2, "25:00:00"): "impossible date",
        entry(3, "12:00:00", filed="2099-12-12"): "filed in the future",
        entry(4, "12:00:00", filed="12.12.25"): "no filing date",
        entry(5, "12:00:00").replace("(0000000001)", ""): "the title names no company and CIK",
        entry(6, "12:00:00").replace("-25-", "-"): "no accession number",
        entry(7, "12:00:00").replace('term="8-K"', ""): "no form",
    }
    (batch,) = edgar_feed.parse("page.atom", feed(entry(1, "12:00:00"), *bad))
    assert batch.rows.select("cik", "company_name", "updated_at").rows() == [
        (1, "One (The), Inc.", "2025-12-12T17:00:00Z")
    ]
    for number, (reject, reason) in enumerate(zip(batch.rejects, bad.values(), strict=True), 1):
        assert str(reject.record).startswith(f"entry[{number}] <")
        assert reject.reason.startswith(reason)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (feed(entry(1, "12:00:00"))[:-20], "broken XML: .*line"),
        (b"<html><title>Busy</title></html>", "a web page instead of an Atom feed"),
        (b"<rss/>", "<rss> instead of an Atom feed"),
    ],
)
def test_something_else_than_a_feed_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnexpectedPayload, match=rf"page\.atom: .*{message}"):
        edgar_feed.parse("page.atom", content)


def test_a_broken_page_does_not_stop_the_others(conn: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "a.atom").write_bytes(feed(entry(1, "12:00:00")))
    (tmp_path / "b.atom").write_bytes(b"<feed>")
    with pytest.raises(UnexpectedPayload, match=r"b\.atom: broken XML"):
        land(conn, edgar_feed, tmp_path)
    assert all_of(conn, "select accession from raw.filing_index") == ["0000000001-25-000001"]
