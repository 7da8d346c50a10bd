"""What documents announce: nothing of their own; their owners guard them."""

from ..schema.domain import Manifest

MANIFEST = Manifest(name="documents")
