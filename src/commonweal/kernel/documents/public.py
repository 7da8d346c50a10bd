"""What other modules may use of documents."""

from .actions import DocumentError, store
from .guard import SENTENCES, GuardError, Inspection, inspect
from .marks import Marks, draw_mark, draw_page, read_marks
from .models import Document, DocumentRemoval, TakeOut
from .names import safe_name
from .picture import Drawn, Remade, remade
from .removing import remove_bytes
from .scanning import Scan, scan
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
    "SENTENCES",
    "TAKE_OUT",
    "Document",
    "DocumentError",
    "DocumentRemoval",
    "Drawn",
    "GuardError",
    "Inspection",
    "Marks",
    "Remade",
    "Scan",
    "TakeOut",
    "archive_path",
    "ask_take_out",
    "begin_here",
    "document",
    "documents_of",
    "draw_mark",
    "draw_page",
    "inspect",
    "kept_until",
    "make_take_out",
    "note_download",
    "open_document",
    "open_take_out",
    "read_marks",
    "remade",
    "remove_bytes",
    "safe_name",
    "scan",
    "store",
    "take_out",
    "take_outs",
    "works",
]
