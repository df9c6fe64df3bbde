"""The embedded server: started by anyone, kept between runs, recovered after a crash."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from factorium import server
from factorium.errors import ServerError

IS_ROOT = os.geteuid() == 0
START = (
    "import sys, pathlib; from factorium import server; "
    "print(server.start(pathlib.Path(sys.argv[1])).conninfo)"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a server, which is stopped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="factorium-server-"))
    folder.chmod(0o755)
    yield folder / "home"
    server.stop(folder / "home")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared() -> Iterator[server.Server]:
    """A running server, for tests that only look at it."""
    folder = Path(tempfile.mkdtemp(prefix="factorium-server-"))
    folder.chmod(0o755)
    yield server.start(folder)
    server.stop(folder)
    shutil.rmtree(folder)


def remember(running: server.Server, value: int) -> None:
    with psycopg.connect(running.conninfo) as conn:
        conn.execute("set synchronous_commit = on")
        conn.execute("create table if not exists memory (value integer)")
        conn.execute("insert into memory values (%s)", [value])


def remembered(running: server.Server) -> list[int]:
    with psycopg.connect(running.conninfo) as conn:
        return [row[0] for row in conn.execute("select value from memory order by value")]


def postmaster(home: Path) -> int:
    return int((home / "pgdata" / "postmaster.pid").read_text().splitlines()[0])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        time.sleep(0.05)


def test_stop_without_a_server_is_false(home: Path) -> None:
    assert server.stop(home) is False
    assert server.is_running(home) is False


def test_data_password_and_port_are_kept_between_runs(home: Path) -> None:
    first = server.start(home)
    remember(first, 1)
    assert server.stop(home) is True
    assert not server.is_running(home)
    second = server.start(home)
    assert second == first
    assert remembered(second) == [1]


def test_second_start_finds_the_server_running(home: Path) -> None:
    first = server.start(home)
    pid = postmaster(home)
    assert server.start(home) == first
    assert postmaster(home) == pid


def test_stop_is_clean(home: Path) -> None:
    server.start(home)
    server.stop(home)
    control = server.installation() / "bin" / "pg_controldata"
    said = subprocess.run([control, home / "pgdata"], capture_output=True, text=True, check=True)
    assert "shut down\n" in said.stdout
    assert not (home / "pgdata" / "postmaster.pid").exists()


def test_killed_server_recovers_with_its_data(home: Path) -> None:
    running = server.start(home)
    remember(running, 1)
    interrupted = psycopg.connect(running.conninfo)
    interrupted.execute("insert into memory values (2)")
    kill(postmaster(home))
    again = server.start(home)
    interrupted.close()
    remember(again, 3)
    assert remembered(again) == [1, 3]


def test_number_of_a_killed_server_taken_by_another_program(home: Path) -> None:
    running = server.start(home)
    remember(running, 1)
    kill(postmaster(home))
    pid_file = home / "pgdata" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        try:
            assert not server.is_running(home)
            assert remembered(server.start(home)) == [1]
        finally:
            other.terminate()


def test_killed_first_start_leaves_no_half_server(home: Path) -> None:
    (home / "pgdata.partial" / "base").mkdir(parents=True)
    (home / "pgdata.partial" / "PG_VERSION").write_text("18\n")
    remember(server.start(home), 1)
    assert not (home / "pgdata.partial").exists()


def test_processes_that_start_it_at_once_share_one(home: Path) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", START, home], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {start.communicate(timeout=180)[0] for start in starts}
    assert [start.returncode for start in starts] == [0, 0, 0]
    assert told == {server.start(home).conninfo + "\n"}


def test_port_taken_since_gives_another_one(home: Path) -> None:
    first = server.start(home)
    remember(first, 1)
    server.stop(home)
    with socket.socket() as other:
        # Connections of the server that was stopped may linger on the port.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Where another program has taken it meanwhile, it is taken all the same.
        with suppress(OSError):
            other.bind(("127.0.0.1", first.port))
            other.listen()
        second = server.start(home)
        assert second.port != first.port
        assert remembered(second) == [1]


def test_listens_on_loopback_only(shared: server.Server) -> None:
    with psycopg.connect(shared.conninfo) as conn:
        assert conn.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert conn.execute("show unix_socket_directories").fetchone() == ("",)
    elsewhere = [
        address[4][0]
        for address in socket.getaddrinfo(socket.gethostname(), shared.port, socket.AF_INET)
        if not str(address[4][0]).startswith("127.")
    ]
    for address in elsewhere:
        with pytest.raises(OSError):
            socket.create_connection((str(address), shared.port), timeout=2)


@pytest.mark.parametrize("password", ["", "guess"])
def test_password_is_required(shared: server.Server, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(shared.conninfo, password=password))


def test_password_file_is_closed_to_others(shared: server.Server) -> None:
    assert (shared.home / "password").stat().st_mode & 0o077 == 0
    assert len(shared.password) >= 24


def test_is_tuned(shared: server.Server) -> None:
    with psycopg.connect(shared.conninfo) as conn:
        found = dict(conn.execute("select name, setting from pg_settings").fetchall())
    assert found["jit"] == "off"
    assert found["random_page_cost"] == "1.1"
    assert int(found["shared_buffers"]) * 8192 >= 128 * 2**20
    assert int(found["max_wal_size"]) == 4096
    assert found["wal_level"] == "minimal"
    assert found["TimeZone"] == "UTC"


def test_timescaledb_is_preloaded_where_it_is_installed(shared: server.Server) -> None:
    with psycopg.connect(shared.conninfo) as conn:
        found = conn.execute("show shared_preload_libraries").fetchone()
    assert found == ("timescaledb" if server.has_timescaledb() else "",)


def test_settings_of_the_user_win(home: Path) -> None:
    home.mkdir()
    (home / "postgresql.conf").write_text("work_mem = '7MB'\n")
    with psycopg.connect(server.start(home).conninfo) as conn:
        assert conn.execute("show work_mem").fetchone() == ("7MB",)


def test_broken_setting_is_told_with_the_servers_words(home: Path) -> None:
    home.mkdir()
    (home / "postgresql.conf").write_text("work_mem = 'plenty'\n")
    with pytest.raises(ServerError, match=r"invalid value for parameter .work_mem.*plenty"):
        server.start(home)


def start_as(uid: int, gid: int, home: Path, result: multiprocessing.Queue[str]) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    try:
        running = server.start(home)
        with psycopg.connect(running.conninfo) as conn:
            conn.execute("select 1")
        result.put(f"owner {(home / 'pgdata').stat().st_uid}")
        server.stop(home)
    except ServerError as error:
        result.put(f"error {error}")


def run_as_nobody(home: Path) -> str:
    """Start and stop a server as a user without rights; what came of it."""
    nobody = pwd.getpwnam("nobody")
    # A fork: the interpreter itself may lie where that user cannot read it.
    context = multiprocessing.get_context("fork")
    result: multiprocessing.Queue[str] = context.Queue()
    child = context.Process(target=start_as, args=(nobody.pw_uid, nobody.pw_gid, home, result))
    child.start()
    child.join(180)
    return result.get(timeout=10)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_runs_as_an_ordinary_user(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(home.parent, nobody.pw_uid, nobody.pw_gid)
    assert run_as_nobody(home) == f"owner {nobody.pw_uid}"


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_folder_of_another_user_is_named_with_the_remedy(home: Path) -> None:
    home.mkdir()
    said = run_as_nobody(home)
    assert said.startswith("error")
    assert str(home) in said
    assert "FACTORIUM_HOME" in said


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user's server is the user's own")
def test_root_gives_the_server_to_another_user(shared: server.Server) -> None:
    assert (shared.home / "pgdata").stat().st_uid != 0
    assert Path(f"/proc/{postmaster(shared.home)}").stat().st_uid != 0


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user may enter where it may")
def test_root_may_keep_it_in_a_closed_folder(home: Path) -> None:
    home.parent.chmod(0o700)
    running = server.start(home)
    remember(running, 1)
    server.stop(home)
    assert remembered(server.start(home)) == [1]
