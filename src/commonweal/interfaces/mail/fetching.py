"""The job that fetches the mailbox of the settings: every two minutes, less often while it fails.

That it fails is not the job's failure: it is kept with the mailbox, where `./run doctor` finds it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework.public import mailbox_waits, note_fetched, note_not_fetched
from commonweal.kernel.jobs.public import report, stepwise

from .poll import MailError, account, password, poll

FETCH = "mail.fetch"
UNSET = "COMMONWEAL_MAIL_IMAP"


@stepwise
def fetch_mail(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Fetch what is new, if a mailbox is set up and may be tried again; each message commits."""
    if not settings.MAIL_IMAP:
        return
    name = UNSET  # what the mailbox is called until its address can be read
    try:
        box = account(settings.MAIL_IMAP)
        name = box.name
        with act_as(SYSTEM):
            waits = mailbox_waits(name)
        if waits:
            return
        found = poll(box, password(settings.MAIL_IMAP_PASSWORD_FILE))
    except (MailError, OSError) as error:
        with act_as(SYSTEM):
            note_not_fetched(name, getattr(error, "code", "MAIL-303"))
        return
    with act_as(SYSTEM):
        note_fetched(name)
    report(job_id, found.total(), found.total())
