"""What people sent leaves as a download that runs nowhere; only what we drew is shown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.http import HttpResponse

from commonweal.interfaces.web.files import handed_out, shown
from commonweal.interfaces.web.middleware import secured
from commonweal.kernel.documents.public import Drawn, remade
from commonweal.kernel.documents.tests import hostile as made

SHUT = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def headers(response: Any) -> dict[str, str]:
    assert isinstance(secured(response), type(response))
    return dict(response.headers)


def test_a_download_is_shut_and_the_middleware_leaves_it_so() -> None:
    found = headers(handed_out("letter.pdf", "application/pdf", made.pdf()))
    assert {name: found[name] for name in SHUT} == SHUT
    assert found["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert found["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "text/xml",
     "application/x-unheard-of", "", "text/html; charset=utf-8", "application/pdf\r\nX-Bad: 1"],
)  # fmt: skip
def test_what_could_be_a_page_is_sent_as_bytes(media_type: str) -> None:
    found = headers(handed_out("a.bin", media_type, made.HTML))
    assert found["Content-Type"] == "application/octet-stream"
    assert found["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('a"; filename="x.html', "attachment; filename=\"a__ filename=_x.html\""),
        ("a\r\nSet-Cookie: x=1.txt", "attachment; filename=\"a Set-Cookie_ x=1.txt\""),
        ("../../x.txt", "attachment; filename=\"x.txt\""),
        ("Straße.pdf", "attachment; filename*=utf-8''Stra%C3%9Fe.pdf"),
    ],
)  # fmt: skip
def test_a_name_cannot_say_more_than_a_name(name: str, said: str) -> None:
    assert headers(handed_out(name, "text/plain", b"x"))["Content-Disposition"] == said


def test_a_large_file_is_streamed_under_the_same_headers() -> None:
    response = handed_out("a.zip", "application/zip", io.BytesIO(b"PK" * 10))
    found = headers(response)
    assert {name: found[name] for name in SHUT} == SHUT
    assert found["Content-Disposition"] == 'attachment; filename="a.zip"'
    assert b"".join(response) == b"PK" * 10  # type: ignore[call-overload]


def test_a_picture_that_we_drew_is_shown() -> None:
    drawn = remade(made.photo()).thumbnail
    response = shown(drawn)
    assert isinstance(response, HttpResponse)
    found = headers(response)
    assert found["Content-Disposition"] == "inline"
    assert found["Content-Type"] == "image/jpeg"
    assert {name: found[name] for name in SHUT} == SHUT
    assert response.content == drawn.data


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "image/gif"])
def test_nothing_else_is_shown(media_type: str) -> None:
    with pytest.raises(ValueError, match="not a picture that we drew"):
        shown(Drawn(made.SVG, media_type, 1, 1))
