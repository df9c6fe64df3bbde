"""Files, folders and zips: what is found in them, and what damage says."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from ingest.errors import UnexpectedPayload
from ingest.files import base_name, files, parsed_json, read, refuse_html


def names(path: Path, *patterns: str) -> list[str]:
    return [file.name for file in files(path, *patterns)]


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_named_file_needs_to_fit_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "download(1)"
    path.write_bytes(b"{}")
    (file,) = files(path, "CIK*.json")
    assert (file.read(), file.member) == (b"{}", None)


def test_a_folder_gives_what_fits_in_order_of_name_and_unpacked(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "CIK2.json.gz").write_bytes(gzip.compress(b"two"))
    (tmp_path / "CIK1.json").write_bytes(b"one")
    (tmp_path / "notes.txt").write_bytes(b"no")
    make_zip(tmp_path / "c.zip", {"CIK3.json": b"three", "readme.htm": b"no"})
    found = {file.name: file.read() for file in files(tmp_path, "CIK*.json")}
    assert found == {"CIK1.json": b"one", "CIK2.json": b"two", "CIK3.json": b"three"}
    assert list(found) == ["CIK1.json", "CIK2.json", "CIK3.json"]


def test_a_zip_member_is_identified_without_reading_it(tmp_path: Path) -> None:
    first = make_zip(tmp_path / "a.zip", {"CIK1.json": b"one", "CIK2.json": b"two"})
    later = make_zip(tmp_path / "b.zip", {"CIK1.json": b"one", "CIK2.json": b"TWO"})
    before = [file.member for file in files(first, "*.json")]
    after = [file.member for file in files(later, "*.json")]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_nothing_that_fits_is_said_with_the_patterns(tmp_path: Path) -> None:
    with pytest.raises(UnexpectedPayload, match=r"no file in it is named like CIK\*\.json"):
        names(tmp_path, "CIK*.json")
    with pytest.raises(UnexpectedPayload, match="absent: no such file or folder"):
        names(tmp_path / "absent", "CIK*.json")


@pytest.mark.parametrize("kept", [2, 12, 30])
def test_a_truncated_gzip_names_the_file(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "CIK1.json.gz"
    path.write_bytes(gzip.compress(b'{"cik": 1}' * 9)[:kept])
    with pytest.raises(UnexpectedPayload, match=r"CIK1\.json\.gz: truncated or damaged gzip"):
        read(path)


def test_a_truncated_zip_names_the_file(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "bulk.zip", {"CIK1.json": b"one" * 500})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UnexpectedPayload, match=r"bulk\.zip: truncated or damaged zip"):
        names(path, "CIK*.json")


def test_a_truncated_zip_does_not_hide_the_files_beside_it(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip", {"CIK1.json": b"one" * 500})
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-30])
    (tmp_path / "CIK2.json").write_bytes(b"two")
    good, bad = files(tmp_path, "CIK*.json")
    assert good.read() == b"two"
    with pytest.raises(UnexpectedPayload, match=r"a\.zip: truncated or damaged zip"):
        bad.read()


def test_a_broken_member_names_zip_and_member_and_spares_the_others(tmp_path: Path) -> None:
    content = bytes(range(256)) * 20
    path = make_zip(tmp_path / "bulk.zip", {"CIK1.json": content, "CIK2.json": b"two"})
    damaged = bytearray(path.read_bytes())
    damaged[60:70] = b"\x00" * 10
    path.write_bytes(damaged)
    found = {}
    for file in files(path, "CIK*.json"):
        try:
            found[file.name] = file.read()
        except UnexpectedPayload as error:
            found[file.name] = str(error).encode()
    assert b"bulk.zip!CIK1.json: damaged zip member" in found["CIK1.json"]
    assert found["CIK2.json"] == b"two"


def test_broken_json_has_line_and_column() -> None:
    with pytest.raises(UnexpectedPayload, match=r"CIK1\.json: line 2 column 10: broken JSON"):
        parsed_json("CIK1.json", b'{"cik": 1,\n "facts" oops}')


def test_a_web_page_is_called_one_with_its_title() -> None:
    page = b"<!DOCTYPE html>\n<html><head><title>Request Rate Threshold Exceeded</title></head>"
    with pytest.raises(
        UnexpectedPayload, match=r"a web page instead of JSON, titled .Request Rate"
    ):
        parsed_json("CIK1.json", page)


def test_a_table_is_no_web_page() -> None:
    refuse_html("sub.txt", b"adsh\tcik\n0001\t1\n", "a table")


@pytest.mark.parametrize(
    "uri", ["a/CIK1.json.gz", "b.zip!x/CIK1.json", "https://data.sec.gov/x/CIK1.json"]
)
def test_base_name_is_the_last_part_without_gz(uri: str) -> None:
    assert base_name(uri) == "CIK1.json"
