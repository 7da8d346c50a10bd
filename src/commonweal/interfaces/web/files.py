"""Handing out what people sent: as a download that no browser opens as a page of ours.

Only a picture that we drew ourselves (`documents.remade`) is shown inside a page.
"""

from __future__ import annotations

from typing import IO

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from commonweal.kernel.documents.public import Drawn, safe_name

PLAIN = "application/octet-stream"
SENT_AS_IS = {
    "application/pdf", "application/zip", "application/json", "application/rtf", "image/jpeg",
    "image/png", "image/webp", "image/gif", "image/heic", "image/tiff", "text/plain", "text/csv",
    "message/rfc822", "audio/mpeg", "audio/ogg", "audio/wav", "video/mp4",
}  # fmt: skip
"""Media types that are said to the browser; every other file is just bytes to it."""
OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
POLICY = "sandbox; default-src 'none'"
DRAWN = ("image/jpeg", "image/png")
KEPT = "private, max-age=31536000, immutable"


def handed_out(name: str, media_type: str, data: bytes | IO[bytes]) -> HttpResponseBase:
    """A download of a file that somebody sent. Whoever calls has asked whether it may leave."""
    known = media_type in SENT_AS_IS or media_type.startswith(OFFICE)
    content_type = media_type if known else PLAIN
    response: HttpResponseBase
    if isinstance(data, bytes):
        response = HttpResponse(data, content_type=content_type)
    else:
        response = FileResponse(data, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, safe_name(name))
    return _shut(response)


def shown(drawn: Drawn) -> HttpResponse:
    """A picture inside a page: only one that we drew, which holds nothing else.

    Its address names its document, whose bytes never change, so the browser may keep it.
    """
    if drawn.media_type not in DRAWN:
        raise ValueError(f"{drawn.media_type} is not a picture that we drew")
    response = HttpResponse(drawn.data, content_type=drawn.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = KEPT
    _shut(response)
    return response


def _shut(response: HttpResponseBase) -> HttpResponseBase:
    """Nothing in the file may run, reach us, or be put into another site's page."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "DENY"
    return response
