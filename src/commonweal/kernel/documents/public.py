"""What other modules may use of documents."""

from .actions import DocumentError, store
from .models import Document, TakeOut
from .selectors import document, documents_of, open_document
from .take_outs import (
    DAYS,
    TAKE_OUT,
    archive_path,
    ask_take_out,
    begin_here,
    kept_until,
    make_take_out,
    note_download,
    open_take_out,
    take_out,
    take_outs,
    works,
)

__all__ = [
    "DAYS",
    "TAKE_OUT",
    "Document",
    "DocumentError",
    "TakeOut",
    "archive_path",
    "ask_take_out",
    "begin_here",
    "document",
    "documents_of",
    "kept_until",
    "make_take_out",
    "note_download",
    "open_document",
    "open_take_out",
    "store",
    "take_out",
    "take_outs",
    "works",
]
