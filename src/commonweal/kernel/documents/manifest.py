"""What documents announce: taking everything of an agency away."""

from django.utils.translation import gettext_noop

from ..schema.domain import Manifest
from .take_outs import KIND, TAKE_OUT
from .tasks import make, tidy

MANIFEST = Manifest(
    name="documents",
    permissions={TAKE_OUT: "Take away everything of one's agency at once"},
    # A liaison's pages refuse journals and the trail, which are in the archive: so no liaison.
    roles={"agency_finance": [TAKE_OUT], "agency_approver": [TAKE_OUT]},
    jobs={KIND: make, "documents.tidy": tidy},
    schedules={"documents.tidy": "daily 03:45"},
    work={
        KIND: gettext_noop("Put together everything of an agency"),
        "documents.tidy": gettext_noop("Remove old archives"),
    },
    stays={
        "documents.Document": "The files themselves are below files/.",
        "documents.TakeOut": "Archives like this one: when they were asked for is in the trail.",
    },
)
