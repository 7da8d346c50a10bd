"""What the mail door announces: who sends the messages of cases, and that mailboxes are fetched."""

from django.utils.translation import gettext_noop

from commonweal.kernel.casework.public import register_sender
from commonweal.kernel.schema.public import Manifest

from .fetching import FETCH, fetch_mail
from .sending import send_by_mail

register_sender("email", send_by_mail)

MANIFEST = Manifest(
    name="mail",
    jobs={FETCH: fetch_mail},
    schedules={FETCH: "every 2m"},
    work={FETCH: gettext_noop("Fetch the mail of cases")},
)
