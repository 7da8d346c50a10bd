"""`./run doctor`: is this machine fit, and is the database as safe as it must be?

Starts nothing and changes nothing. Each line says ok, warn or fail, and what to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from commonweal.kernel.errors import CommonwealError

from .localdb import Database, running_database, status

GIB = 1024**3
BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No correct clock shows an earlier time than this software's first release."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination; `remedy` is empty when all is well."""

    level: str
    """ "ok", "warn" or "fail"."""
    subject: str
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<5} {self.subject:<12} {self.said}"
        return f"{line}\n{'':<19}{self.remedy}" if self.remedy else line


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Python must be 3.11 or newer."""
    said = f"Python {version[0]}.{version[1]}"
    if version < (3, 11):
        return Finding("fail", "python", said, "Install Python 3.11 or newer, then repeat.")
    return Finding("ok", "python", said)


def check_disk(folder: Path, free: int | None = None) -> Finding:
    """Free bytes where the data folder lies: 1 GiB to work at all, 5 GiB to be at ease."""
    while not folder.exists():
        folder = folder.parent
    left = shutil.disk_usage(folder).free if free is None else free
    said = f"{left / GIB:.1f} GiB free"
    if left < GIB:
        return Finding("fail", "disk", said, "Free at least 1 GiB, or use --data on another disk.")
    if left < 5 * GIB:
        return Finding("warn", "disk", said, "Usage grows: plan for 5 GiB or more.")
    return Finding("ok", "disk", said)


def check_memory(available: int | None = None) -> Finding:
    """Available bytes of memory: the monthly close may use 1 GiB."""
    if available is None:
        available = _available_memory()
    if available is None:
        return Finding("warn", "memory", "unknown", "Make sure that 2 GiB are free.")
    said = f"{available / GIB:.1f} GiB available"
    if available < GIB:
        return Finding("fail", "memory", said, "Close other programs: a close needs 1 GiB.")
    if available < 2 * GIB:
        return Finding("warn", "memory", said, "2 GiB or more keep the close quick.")
    return Finding("ok", "memory", said)


def _available_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def check_clock(moment: datetime | None = None) -> Finding:
    """The clock must not lie before this software was made: bills carry its dates."""
    shown = moment or datetime.now(UTC)
    said = f"{shown:%Y-%m-%d %H:%M} UTC"
    if shown < BUILT:
        return Finding("fail", "clock", said, "Set the clock, best by network time (NTP).")
    return Finding("ok", "clock", said)


def check_engine() -> Finding:
    """The installed DuckDB passes the rating engine's self-test."""
    try:
        from commonweal.practices.charging.engine.connection import require_engine

        return Finding("ok", "engine", f"DuckDB {require_engine()} adds up exactly")
    except CommonwealError as error:
        return Finding("fail", "engine", "does not price exactly", error.message)
    except ImportError as error:
        return Finding("fail", "engine", f"is not installed: {error}", "Install the package again.")


def check_folder(data_dir: Path) -> Finding:
    """The data folder belongs to the caller and is closed to others."""
    if not data_dir.exists():
        return Finding("ok", "data folder", f"{data_dir} will be made when it is needed")
    found = data_dir.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid() or not os.access(data_dir, os.W_OK):
        return Finding(
            "fail", "data folder", f"{data_dir} belongs to somebody else",
            "Run as its owner, or give another folder with --data.",
        )  # fmt: skip
    if mode & 0o077:
        return Finding(
            "warn", "data folder", f"{data_dir} has mode {mode:o}: others can look in",
            f"chmod 700 {data_dir}",
        )  # fmt: skip
    return Finding("ok", "data folder", f"{data_dir}, closed to others")


def check_mail(data_dir: Path, host: str | None = None) -> Finding:
    """A real installation has a mail server; a demo writes its mail into a folder."""
    server = os.environ.get("COMMONWEAL_SMTP_HOST", "") if host is None else host
    if server:
        return Finding("ok", "mail", f"goes out through {server}")
    said = f"is written to {data_dir / 'mail'}, not sent"
    if (data_dir / "demo.json").exists() or not data_dir.exists():
        return Finding("ok", "mail", said)
    return Finding("warn", "mail", said, "Set COMMONWEAL_SMTP_HOST to your mail server.")


def check_payments(
    data_dir: Path, provider: str | None = None, https: bool | None = None
) -> Finding:
    """Only a demo takes fees through the test provider, which moves no money."""
    found = os.environ.get("COMMONWEAL_PAYMENT_PROVIDER", "") if provider is None else provider
    if found != "test" or (data_dir / "demo.json").exists():
        return Finding("ok", "payments", f"go through {found}" if found else "at counters only")
    if https is None:
        https = os.environ.get("COMMONWEAL_HTTPS", "").lower() in {"1", "true", "yes", "on"}
    said = (
        "the test provider is refused over HTTPS: nobody can pay online"
        if https
        else ("go through the test provider: no money moves")
    )
    return Finding("warn", "payments", said, "Set COMMONWEAL_PAYMENT_PROVIDER to a real provider.")


def check_database(data_dir: Path) -> Iterator[Finding]:
    """The database answers, is new enough, keeps time, and our role there owns nothing."""
    try:
        database = running_database(data_dir)
    except (CommonwealError, psycopg.OperationalError) as error:
        yield Finding("fail", "database", "does not answer", str(error).splitlines()[0])
        return
    local = status(data_dir)
    if database is None:
        word = "is stopped" if local.exists else "was not made yet"
        yield Finding("warn", "database", f"the local database {word}", "./run demo starts it.")
        return
    yield Finding("ok", "database", f"PostgreSQL {database.version} answers")
    if database.pid is not None and not local.durable:
        yield Finding(
            "warn", "database", "commits do not wait for the disk (a folder for tests)",
            "Do not keep a centre's data here.",
        )  # fmt: skip
    if database.pid is not None and local.isolation == "private":
        yield Finding(
            "warn", "database", f"lives in {local.log.parent if local.log else ''}",
            "Keep that folder from clean-up programs; for lasting use install PostgreSQL.",
        )  # fmt: skip
    yield from _check_role(database)
    yield from _check_books(database)
    yield from check_mailbox(database)


ROLE_QUERY = """
SELECT current_user, rolsuper, rolbypassrls, now(),
       (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)
     + (SELECT count(*) FROM pg_namespace WHERE nspowner = pg_roles.oid)
     + (SELECT count(*) FROM pg_proc WHERE proowner = pg_roles.oid)
     + (SELECT count(*) FROM pg_database WHERE datdba = pg_roles.oid)
FROM pg_roles WHERE rolname = current_user
"""


def _check_role(database: Database) -> Iterator[Finding]:
    with psycopg.connect(database.app_url, connect_timeout=10) as connection:
        row = connection.execute(ROLE_QUERY).fetchone()
    assert row is not None
    name, superuser, bypass, moment, owned = row
    remedy = "Set DATABASE_APP_URL to a plain role; see src/commonweal/ops/localdb/README.md."
    if superuser or bypass:
        yield Finding("fail", "role", f"{name} passes row-level security", remedy)
    elif owned:
        yield Finding("fail", "role", f"{name} owns {owned} objects", remedy)
    else:
        yield Finding("ok", "role", f"{name} owns nothing and obeys row-level security")
    if abs(datetime.now(UTC) - moment) > timedelta(seconds=5):
        yield Finding(
            "warn", "clock", "this machine and the database disagree on the time",
            "Let both follow network time (NTP).",
        )  # fmt: skip


BOOKS_QUERY = """
WITH books AS (
  SELECT l.trading_partner_id AS agency, sum(l.amount) AS minor
    FROM ledger_posting l
    JOIN ledger_account a ON a.id = l.account_id AND a.code = '1310'
    JOIN party_agency p ON p.id = l.agency_id AND p.kind = 'centre'
   WHERE l.trading_partner_id IS NOT NULL GROUP BY 1),
bills AS (
  SELECT b.agency_id AS agency, sum(b.total_minor) AS minor
    FROM charging_bill b
    JOIN ledger_journal j ON j.agency_id = b.agency_id AND j.source = 'charging'
     AND j.idempotency_key = 'bill:' || b.id
   WHERE b.state = 'issued' GROUP BY 1),
paid AS (
  SELECT agency_id AS agency, sum(amount_minor) AS minor
    FROM charging_settlementpart WHERE bill_id IS NOT NULL GROUP BY 1)
SELECT count(*) FROM party_agency g
  LEFT JOIN books ON books.agency = g.id
  LEFT JOIN bills ON bills.agency = g.id
  LEFT JOIN paid ON paid.agency = g.id
 WHERE coalesce(books.minor, 0) <> coalesce(bills.minor, 0) - coalesce(paid.minor, 0)
"""


def _check_books(database: Database) -> Iterator[Finding]:
    """What agencies owe by the books is what their bills and payments say; nothing before there
    are tables."""
    with psycopg.connect(database.app_url, connect_timeout=10) as connection:
        made = connection.execute("SELECT to_regclass('charging_settlementpart')").fetchone()
        if made is None or made[0] is None:
            return
        connection.execute("SELECT set_config('app.centre', 'on', true)")
        row = connection.execute(BOOKS_QUERY).fetchone()
    wrong = int(row[0]) if row else 0
    if wrong:
        yield Finding(
            "fail", "books", f"differ from bills and payments for {wrong} agencies",
            "Run commonweal payments check, and ask whoever changed the database.",
        )  # fmt: skip
    else:
        yield Finding("ok", "books", "agree with bills and payments")


MAILBOX_QUERY = """
SELECT fetched_at, failing_since, code, next_at FROM casework_mailbox
 ORDER BY greatest(fetched_at, failing_since) DESC NULLS LAST LIMIT 1
"""
SILENT = timedelta(minutes=15)


def check_mailbox(database: Database, address: str | None = None) -> Iterator[Finding]:
    """Mail that comes in: whether the mailbox of the settings is fetched, and since when not."""
    if not (os.environ.get("COMMONWEAL_MAIL_IMAP", "") if address is None else address):
        yield Finding("ok", "mail in", "no mailbox is fetched (COMMONWEAL_MAIL_IMAP is not set)")
        return
    with psycopg.connect(database.app_url, connect_timeout=10) as connection:
        made = connection.execute("SELECT to_regclass('casework_mailbox')").fetchone()
        row = connection.execute(MAILBOX_QUERY).fetchone() if made and made[0] else None
    yield mailbox_finding(row, datetime.now(UTC))


def mailbox_finding(row: tuple[object, ...] | None, moment: datetime) -> Finding:
    """What a mailbox's row says: (last fetched, failing since, code, not tried before)."""
    fetched, since, code, again = row or (None, None, "", None)
    if isinstance(since, datetime):
        remedy = "Run commonweal mail poll: it says what is wrong."
        if isinstance(again, datetime) and again > moment:
            remedy += f" It is tried again by itself at {again.astimezone(UTC):%H:%M} UTC."
        said = f"fails since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({code})"
        return Finding("fail", "mail in", said, remedy)
    if not isinstance(fetched, datetime) or moment - fetched > SILENT:
        return Finding(
            "warn", "mail in", "was not fetched in the last quarter of an hour",
            "Start a worker (commonweal jobs run): it fetches every two minutes.",
        )  # fmt: skip
    return Finding("ok", "mail in", f"was fetched at {fetched.astimezone(UTC):%H:%M} UTC")


def examine(data_dir: Path) -> Iterator[Finding]:
    """Every finding, in the order in which a person would look."""
    simple: tuple[Callable[[], Finding], ...] = (
        check_python, lambda: check_disk(data_dir), check_memory, check_clock,
        check_engine, lambda: check_folder(data_dir), lambda: check_mail(data_dir),
        lambda: check_payments(data_dir),
    )  # fmt: skip
    for check in simple:
        yield check()
    yield from check_database(data_dir)


def main(argv: list[str] | None = None) -> int:
    """Print the examination. Returns 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="./run doctor", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".commonweal"), help="data folder")
    failed = False
    for finding in examine(parser.parse_args(argv).data.resolve()):
        print(finding, flush=True)
        failed = failed or finding.level == "fail"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
