"""What citizen service announces."""

from commonweal.kernel.schema.public import Manifest

MANIFEST = Manifest(name="citizen")
