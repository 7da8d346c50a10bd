"""What the plug-in announces."""

from commonweal.kernel.schema.public import Manifest

MANIFEST = Manifest(
    name="fleet",
    permissions={"fleet.view": "See the vehicles of one's agency or of all"},
    roles={"agency_finance": ["fleet.view"], "director": ["fleet.view"]},
)
