"""Real servers on this machine: LMTP and SMTP by smtplib, IMAP by Dovecot."""

from __future__ import annotations

import imaplib
import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from commonweal.interfaces.mail import server as door
from commonweal.interfaces.mail.poll import Account, MailError, account, password, poll
from commonweal.interfaces.mail.server import MailServer
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.standard import HELP
from commonweal.kernel.casework.models import Case, MailIntake
from commonweal.kernel.casework.public import MailReceipt, Origin
from commonweal.kernel.casework.tests.conftest import Desk, person
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import Agency, CentreProfile
from commonweal.kernel.party.selectors import forget_centre

from .mails import DESK, letter

DOVECOT = "/usr/sbin/dovecot"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, Origin]]:
    """What the server hands in, in place of the database, which its threads would not share."""
    found: list[tuple[bytes, Origin]] = []

    def take(data: bytes, origin: Origin) -> MailReceipt:
        if b"Subject: break" in data:
            raise RuntimeError("the database went away")
        found.append((data, origin))
        return MailReceipt("taken", "", None, f"PRK-{len(found)}")

    monkeypatch.setattr(door, "_take", take)
    monkeypatch.setattr(door, "_known", lambda address: address.endswith("@desk.example"))
    return found


@pytest.fixture
def lmtp(taken: list[Any], settings: Any) -> Iterator[smtplib.LMTP]:
    """A client of a running LMTP server that takes 20 kB."""
    settings.MAIL_SIZE = 20_000
    server = MailServer("127.0.0.1", free_port())
    server.start()
    try:
        with smtplib.LMTP("127.0.0.1", server.port) as client:
            yield client
    finally:
        server.stop()


def test_lmtp_acknowledges_what_was_kept_for_each_recipient(
    lmtp: smtplib.LMTP, taken: list[tuple[bytes, Origin]]
) -> None:
    refused = lmtp.sendmail("ana@parks.example", [DESK, "x@elsewhere.example"], letter())
    assert list(refused) == ["x@elsewhere.example"]
    assert refused["x@elsewhere.example"][0] == 550
    ((data, origin),) = taken
    assert b"The printer prints nothing." in data
    assert (origin.recipient, origin.envelope_from) == (DESK, "ana@parks.example")


def test_a_null_sender_is_told(lmtp: smtplib.LMTP, taken: list[tuple[bytes, Origin]]) -> None:
    lmtp.sendmail("<>", [DESK], letter())
    assert taken[0][1].envelope_from == ""


def test_what_could_not_be_kept_is_not_acknowledged(
    lmtp: smtplib.LMTP, taken: list[tuple[bytes, Origin]]
) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        lmtp.sendmail("ana@parks.example", [DESK], letter(Subject="break"))
    assert refused.value.smtp_code == 451
    assert not taken


def test_a_large_message_is_refused_by_its_size(lmtp: smtplib.LMTP, taken: list[Any]) -> None:
    with pytest.raises(smtplib.SMTPException) as refused:
        lmtp.sendmail("ana@parks.example", [DESK], letter("x" * 70 + "\n") * 2_000)
    assert "552" in str(refused.value)
    assert not taken


def built() -> None:
    """A centre with one desk, committed."""
    forget_centre()
    with act_as(SYSTEM):
        home = Agency.objects.create(code="CTR", name="Centre", kind="centre")
        CentreProfile.objects.create(agency=home, name="Centre", short_name="C")
        owner = person("service_owner")
        catalogue.put_service(
            actor=SYSTEM, code="it.helpdesk", name="Help desk", description="Help.",
            fund_code="F1", starts=date(2026, 1, 1),
        )  # fmt: skip
        casework.put_team(actor=owner, code="it", name="IT")
        queue = {"code": "it", "name": "IT", "team": "it", "service": "it.helpdesk"}
        casework.put_queue(actor=owner, **queue)
        draft = casework.TypeDraft(
            code="incident", name="Incident", family="incident", audience="agency",
            service="it.helpdesk", machine=HELP, queue="it",
        )  # fmt: skip
        casework.put_case_type(actor=owner, draft=draft)
        casework.put_queue(actor=owner, **queue, address=DESK, default_type="incident")
    forget_centre()


def test_smtp_takes_a_message_for_the_real_database(committed_db: str, keys: None) -> None:
    """Whole: server, threads, transactions; what was acknowledged is there for another process."""
    built()
    server = MailServer("127.0.0.1", free_port(), lmtp=False)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            for _ in range(2):
                client.sendmail("ana@parks.example", [DESK], letter())
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("ana@parks.example", ["x@elsewhere.example"], letter())
    finally:
        server.stop()
        server.handler.pool.submit(connections.close_all).result()
        server.handler.pool.shutdown()
    with act_as(SYSTEM):
        assert Case.objects.count() == 1
        states = MailIntake.objects.order_by("id").values_list("state", flat=True)
        assert list(states) == ["taken", "duplicate"]


CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
default_internal_user = {login}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = passwd-file
  args = {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[int]:
    """Debian's IMAP server with an account of its own in a folder of its own."""
    if not Path(DOVECOT).exists() and shutil.which("dovecot") is None:
        pytest.skip("dovecot-imapd is not installed")
    if os.geteuid() != 0:
        pytest.skip("dovecot with logins of its own is started by root only")
    import grp
    import pwd

    home = Path("/tmp") / f"cw-dovecot-{os.getpid()}"  # sockets have short paths
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    user = pwd.getpwnam("nobody")
    (home / "mail").mkdir()
    os.chown(home / "mail", user.pw_uid, user.pw_gid)
    (home / "users").write_text("desk:{PLAIN}secret of the tests\n")
    port = free_port()
    (home / "conf").write_text(
        CONFIG.format(
            home=home, uid=user.pw_uid, gid=user.pw_gid, login="nobody",
            group=grp.getgrgid(user.pw_gid).gr_name, port=port,
        )
    )  # fmt: skip
    running = subprocess.Popen(
        [DOVECOT, "-F", "-c", home / "conf"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        wait_for(port, running, home)
        yield port
    finally:
        running.terminate()
        running.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def wait_for(port: int, running: subprocess.Popen[bytes], home: Path) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends and running.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as found:
                found.settimeout(2)
                if found.recv(200).startswith(b"* OK"):
                    return
        except OSError:
            running.poll()
    log = (home / "log").read_text() if (home / "log").exists() else ""
    out = running.stdout.read().decode() if running.poll() is not None and running.stdout else ""
    raise AssertionError(f"dovecot did not start: {out} {log}")


@pytest.fixture
def put(dovecot: int) -> Iterator[Callable[[bytes], None]]:
    """Puts a message into the mailbox."""
    client = imaplib.IMAP4("127.0.0.1", dovecot)
    client.login("desk", "secret of the tests")

    def put(data: bytes) -> None:
        assert client.append("INBOX", None, None, data)[0] == "OK"

    yield put
    client.logout()


def test_a_mailbox_is_fetched_once_however_often(
    dovecot: int, put: Callable[[bytes], None], post: Any, desk: Desk, settings: Any
) -> None:
    settings.MAIL_SIZE = 30_000
    box = Account("imap", "desk", "127.0.0.1", dovecot, "INBOX")
    secret = "secret of the tests"
    put(letter())
    put(letter("x" * 70 + "\n" * 40_000, Message_ID="<big@x>"))
    put(b"no message at all\n")
    assert poll(box, secret) == {"taken": 1, "quarantined": 2}
    assert poll(box, secret) == {}
    put(letter())
    assert poll(box, secret) == {"duplicate": 1}
    assert Case.objects.count() == 1
    seen = imaplib.IMAP4("127.0.0.1", dovecot)
    seen.login("desk", secret)
    seen.select("INBOX", readonly=True)
    assert seen.search(None, "UNSEEN")[1] == [b"1 2 3 4"]  # nothing was marked, moved or removed
    seen.logout()
    MailIntake.objects.filter(uid__gt=0).update(validity=1)  # as if the server numbered anew
    assert poll(box, secret)["taken"] == 0
    assert Case.objects.count() == 1


def test_a_mailbox_may_be_emptied_as_it_is_fetched(
    dovecot: int, put: Callable[[bytes], None], post: Any, settings: Any
) -> None:
    client = imaplib.IMAP4("127.0.0.1", dovecot)
    client.login("desk", "secret of the tests")
    client.create("Taken")
    put(letter())
    settings.MAIL_IMAP_MOVE = "Taken"
    poll(Account("imap", "desk", "127.0.0.1", dovecot, "INBOX"), "secret of the tests")
    assert client.select("INBOX", readonly=True)[1] == [b"0"]
    assert client.select("Taken", readonly=True)[1] == [b"1"]
    client.logout()


def test_a_wrong_password_says_so_without_it(dovecot: int) -> None:
    with pytest.raises(MailError, match="MAIL-303") as wrong:
        poll(Account("imap", "desk", "127.0.0.1", dovecot, "INBOX"), "guessed")
    assert "guessed" not in str(wrong.value)


@pytest.mark.parametrize(
    "url", ["", "imap://a@mail.example", "imaps://mail.example", "imaps://a:b@mail.example", "x"]
)
def test_a_mailbox_is_named_without_a_password_and_reached_safely(url: str) -> None:
    with pytest.raises(MailError, match="MAIL-301"):
        account(url)


def test_a_mailbox_has_its_usual_port_and_folder() -> None:
    assert account("imaps://desk%40x@mail.example").name == "desk@x@mail.example/INBOX"
    assert account("imap+starttls://a@mail.example/In").port == 143


def test_a_password_lies_in_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    path = tmp_path / "imap_password"
    with pytest.raises(MailError, match="MAIL-302"):
        password(path)
    path.write_text("secret\n")
    path.chmod(0o644)
    with pytest.raises(MailError, match="MAIL-302"):
        password(path)
    path.chmod(0o600)
    assert password(path) == "secret"
