"""The two roles and the database: one owns the schema, the other serves and owns nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER = "commonweal_owner"
APP = "commonweal_app"
DATABASE = "commonweal"


def url(user: str, password: str, socket_dir: str, database: str = DATABASE) -> str:
    """A connection URL over the Unix socket; it holds the password, so never log it."""
    return f"postgresql://{user}:{password}@/{database}?host={quote(socket_dir, safe='')}"


def bootstrap(superuser_url: str, passwords: dict[str, str]) -> None:
    """Create roles and database, or set them right again; safe to repeat.

    The server only ever receives the hashed form of a password.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _role(connection, OWNER, passwords["owner"], "CREATEDB")
        _role(connection, APP, passwords["app"], "NOCREATEDB")
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not known:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )


def _role(connection: psycopg.Connection[Any], name: str, password: str, extra: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    hashed = connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    rights = f"LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {extra}"
    connection.execute(
        sql.SQL("{} ROLE {} {} PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(name), sql.SQL(rights), sql.Literal(hashed)
        )
    )


def server_version(address: str) -> str:
    """The version of the server behind a URL, such as "18.6"; fails if it cannot be reached."""
    with psycopg.connect(address, connect_timeout=10) as connection:
        number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"
