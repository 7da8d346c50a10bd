"""Messages for the tests: good, automatic, broken and hostile, all made here."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

NOW = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
KEYS = ["a key of the tests", "an older key"]
DESK = "help@desk.example"


def letter(text: str = "The printer prints nothing.", **more: Any) -> bytes:
    """A plain message of Ana's to the desk; words with _ become headers with -."""
    made = EmailMessage(policy=SMTP)
    given = {
        "From": "Ana Ruiz <ana@parks.example>", "To": DESK, "Subject": "Printer",
        "Message_ID": "<one@parks.example>", "Date": "Mon, 05 Oct 2026 08:59:00 -0500",
    }  # fmt: skip
    files = more.pop("files", ())
    html = more.pop("html", "")
    for name, value in {**given, **more}.items():
        if value:
            made[name.replace("_", "-")] = value
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()


def bounce(original_id: str, status: str = "5.1.1") -> bytes:
    """What a mail server says when a message did not arrive (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example
To: {DESK}
Return-Path: <>
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce{status}@mx.example>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ana@parks.example
Action: failed
Status: {status}

--b
Content-Type: message/rfc822

From: {DESK}
Message-ID: {original_id}
Subject: Printer

We have your message.
--b--
""".encode()


HEAD = b"From: a@b.example\nSubject: x\nMessage-ID: <h@b>\n"
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "zeros": b"\x00" * 1000,
    "no sender": b"Subject: x\n\nhello",
    "images without an end": HEAD + b"Content-Type: text/html\n\n" + b"<img " * 200_000,
    "nested divisions": HEAD + b"Content-Type: text/html\n\n" + b"<div>" * 180_000,
    "marks in paragraphs": HEAD + b"Content-Type: text/html\n\n"
    + b"".join(b"<i class=c%d>" % n for n in range(500)) + b"<p>x" * 150_000,
    "a tag of attributes": HEAD + b"Content-Type: text/html\n\n<p "
    + b" ".join(b"a%d=1" % n for n in range(80_000)) + b">x",
    "quotes announced": HEAD + b"\n" + (b"On " * 40 + b":\n") * 20_000,
    "announced on one line": HEAD + b"\n" + b"On a wrote " * 90_000 + b":",
    "quoted lines": HEAD + b"\n" + b"> a\n\n" * 100_000,
    "nested comments": b"From: " + b"(" * 5000 + b"a@b.example\n\nx",
    "a thousand words": HEAD[:-1] + b"\nX-Y: " + b"=?utf-8?q?a?= " * 5_000 + b"\n\nx",
    "a header of a megabyte": b"From: a@b.example\nSubject: " + b"a" * 1_000_000 + b"\n\nx",
    "headers without end": b"From: a@b.example\n" + b"X: y\n" * 50_000 + b"\nx",
    "references without end": HEAD + b"References: " + b"<a@b> " * 30_000 + b"\n\nx",
    "nested parts": HEAD + b"Content-Type: multipart/mixed; boundary=a0\n\n" + b"".join(
        b"--a%d\nContent-Type: multipart/mixed; boundary=a%d\n\n" % (n, n + 1) for n in range(150)
    ),
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: text/plain\n\nx\n" * 5_000 + b"--a--\n",
    "parts within parts": HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5_000,
    "messages within messages": b"Content-Type: message/rfc822\n\n" * 1_500 + HEAD + b"\nx",
    "a broken boundary": HEAD + b"Content-Type: multipart/mixed\n\n--\n\nx",
    "a charset of nobody": HEAD + b"Content-Type: text/plain; charset=x-\xff\n\n\xff\xfe\xfa",
    "a charset that is none": HEAD + b"Content-Type: text/plain; charset=zlib\n\nx\x9c",
    "punycode": HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 100_000,
    "base64 of nothing": HEAD + b"Content-Transfer-Encoding: base64\n\n====A\x00",
    "a date of nobody": HEAD + b"Date: Mon, 99 Foo 99999999 99:99:99 +9999\n\nx",
    "raw bytes in headers": b"From: Jos\xe9 <a@b.example>\nSubject: \xff\xfe\x80\n\nx",
    "a name of a thousand parts": HEAD + b"Content-Disposition: attachment; "
    + b"".join(b"filename*%d*=utf-8''a; " % n for n in range(1_000)) + b"\n\nx",
}  # fmt: skip
