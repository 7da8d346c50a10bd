"""What other modules may use of documents."""

from .actions import DocumentError, store
from .models import Document
from .selectors import document, documents_of, open_document

__all__ = ["Document", "DocumentError", "document", "documents_of", "open_document", "store"]
