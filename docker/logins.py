"""Logins of the services, each in the warehouse's roles it needs and no others.

Run by the migration job, as the database's superuser, after `factorium migrate`.
Repeating it sets the passwords anew, which is how they are changed. Passwords
come from files named in the environment and reach the server as SCRAM
verifiers, so its log cannot hold them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from factorium.database import connect

LOGINS = {
    "factorium_builder": ("BUILDER_PASSWORD_FILE", ["factorium_ingest", "factorium_transform"]),
    "factorium_api": ("API_PASSWORD_FILE", ["factorium_reader"]),
}


def main() -> None:
    """Create or renew every login whose password file is named."""
    with connect(autocommit=True) as conn:
        for login, (variable, roles) in LOGINS.items():
            if file := os.environ.get(variable):
                ensure_login(conn, login, read_password(Path(file)), roles)
                print(f"login {login}: {', '.join(roles)}")


def read_password(file: Path) -> str:
    """The password in a file; an empty one would be a login that never works."""
    password = file.read_text().strip()
    if not password:
        sys.exit(f"{file} is empty: run docker/create-secrets.sh")
    return password


def ensure_login(conn: psycopg.Connection, login: str, password: str, roles: list[str]) -> None:
    """Make `login` exist, with this password and exactly these of the warehouse's roles."""
    verifier = conn.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    ).decode()
    name = sql.Identifier(login)
    with conn.transaction():
        if not conn.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone():
            conn.execute(sql.SQL("create role {}").format(name))
        conn.execute(
            sql.SQL(
                "alter role {} with login nosuperuser nocreatedb nocreaterole "
                "noreplication nobypassrls password {}"
            ).format(name, sql.Literal(verifier))
        )
        for role in _memberships(conn, login) - set(roles):
            conn.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(role), name))
        for role in roles:
            conn.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), name))


def _memberships(conn: psycopg.Connection, login: str) -> set[str]:
    rows = conn.execute(
        """
        select granted.rolname
        from pg_auth_members as membership
        inner join pg_roles as granted on membership.roleid = granted.oid
        inner join pg_roles as member on membership.member = member.oid
        where member.rolname = %s
        """,
        [login],
    )
    return {name for (name,) in rows}


if __name__ == "__main__":
    main()
