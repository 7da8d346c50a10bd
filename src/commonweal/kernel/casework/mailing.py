"""What the mail door and the intake's rows know: desks by address, messages by their key."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from ..access.public import SYSTEM
from ..audit.public import record
from ..calendar.public import now
from ..schema.public import alone
from .domain.incoming import Origin
from .models import Case, Contact, Interaction, Mailbox, MailIntake, Queue
from .rules import acting

DAY = timedelta(days=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


def sender_hash(address: str) -> str:
    """An address as the intake's rows know it: keyed, so that nobody can find it by guessing."""
    text = f"{settings.SECRET_KEY}\nmail sender\n{address.strip().lower()}"
    return hashlib.sha256(text.encode()).hexdigest()


def hold_mail(desk: str, key: str) -> None:
    """Let nobody else take in the same message until this transaction ends."""
    alone(f"mail {desk} {key}")


def mail_known(desk: str, key: str) -> MailIntake | None:
    """The message as it was taken in before, if it was."""
    rows = MailIntake.objects.select_related("case").exclude(state="duplicate")
    return rows.filter(desk=desk, message_key=key).first()


def uid_known(origin: Origin) -> bool:
    """Whether this message of a mailbox was fetched before."""
    rows = MailIntake.objects.filter(mailbox=origin.mailbox, validity=origin.validity)
    return origin.uid > 0 and rows.filter(uid=origin.uid).exists()


def last_uid(mailbox: str, validity: int) -> int:
    """The highest number of a mailbox's messages that was fetched."""
    rows = MailIntake.objects.filter(mailbox=mailbox, validity=validity)
    return int(rows.aggregate(last=Max("uid"))["last"] or 0)


def note_sent(row: Interaction, message_id: str) -> None:
    """Keep the Message-ID under which an interaction left, so that answers find it."""
    Interaction.objects.filter(pk=row.pk).update(message_id=message_id[:250])


def own_address(case: Case) -> str:
    """The address of the desk that a case is with. Citizens hear from a desk of the agency that
    serves them, if it has one, also while another team works on it."""
    queue = case.queue
    if case.case_type.audience != "agency" and queue.agency_code != case.agency.code:
        own = Queue.objects.filter(agency_code=case.agency.code, active=True).exclude(address="")
        return str((own.order_by("name", "id").first() or queue).address)
    return str(queue.address)


def own_addresses() -> list[str]:
    """Every address of a desk."""
    return list(Queue.objects.exclude(address="").values_list("address", flat=True))


def desk_of(address: str) -> Queue | None:
    """The desk of an address, if it is one's. What stands after a + belongs to nobody."""
    local, _, domain = address.strip().lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    rows = Queue.objects.select_related("default_type").filter(active=True)
    return rows.filter(address__in=[address.strip().lower(), plain]).order_by("id").first()


def times_of(sender: str, *, opened: bool) -> list[datetime]:
    """When messages of a sender came in the last day; `opened`: those that opened a case."""
    rows = MailIntake.objects.filter(sender_hash=sender_hash(sender), at__gt=now() - DAY)
    if opened:
        rows = rows.filter(opened=True)
    return list(rows.order_by("-at").values_list("at", flat=True)[:500])


def mail_times(case_id: UUID) -> list[datetime]:
    """When messages came to a case by e-mail in the last day."""
    rows = Interaction.objects.filter(
        case_id=case_id, direction="in", channel="email", human=True, at__gt=now() - DAY
    )
    return list(rows.order_by("-at").values_list("at", flat=True)[:500])


def answered_by_itself(sender: str) -> list[datetime]:
    """When automatic answers went to an address in the last day."""
    rows = Interaction.objects.filter(
        contact__email=sender, direction="out", channel="email", human=False, at__gt=now() - DAY
    )
    return list(rows.order_by("-at").values_list("at", flat=True)[:500])


def agency_of_sender(sender: str) -> UUID | None:
    """The agency that wrote from an address before, if it was one only. Never by its domain."""
    rows = Contact.objects.filter(email=sender, erased_at__isnull=True)
    found = set(rows.values_list("agency_id", flat=True)[:10])
    return found.pop() if len(found) == 1 else None


def party_case(number: str, sender: str) -> Case | None:
    """The case of a number, if the sender's address is of whoever asked in it, or of somebody who
    may act for them."""
    found = Case.objects.select_related("requester", "reporter").filter(number=number).first()
    if found is None:
        return None
    known = {each.email for each in (found.requester, found.reporter) if each and each.email}
    if sender in known or acting(found).filter(agent__email=sender).exclude(agent=None).exists():
        return found
    return None


def mailbox_waits(name: str) -> bool:
    """Whether fetching from a mailbox failed so lately that it is not tried yet."""
    row = Mailbox.objects.filter(name=name).first()
    return row is not None and row.next_at is not None and row.next_at > now()


def note_fetched(name: str) -> None:
    """Keep that a mailbox was fetched from; that it works again is an event."""
    row, fresh = Mailbox.objects.select_for_update().get_or_create(name=name)
    failed = row.failures > 0
    row.fetched_at, row.failures, row.failing_since = now(), 0, None
    row.code, row.next_at = "", None
    row.save()
    if fresh or failed:
        record(actor=SYSTEM, verb="casework.mailbox_works", target=row)


def note_not_fetched(name: str, code: str) -> None:
    """Keep that fetching failed, and wait twice as long as the last time, at most an hour."""
    row, _fresh = Mailbox.objects.select_for_update().get_or_create(name=name)
    first = row.failures == 0
    row.failures += 1
    row.failing_since = row.failing_since or now()
    row.code = code[:20]
    row.next_at = now() + min(FIRST_WAIT * 2 ** min(row.failures - 1, 10), LONGEST_WAIT)
    row.save()
    if first:
        record(actor=SYSTEM, verb="casework.mailbox_fails", target=row, payload={"code": row.code})
