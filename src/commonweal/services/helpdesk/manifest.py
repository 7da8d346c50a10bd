"""What the help desk announces."""

from commonweal.kernel.schema.public import Manifest

MANIFEST = Manifest(name="helpdesk")
