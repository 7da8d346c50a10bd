"""Tables of casework."""

from .around import Approval, CaseLink, Consent, IdentityCheck, Task, Watcher
from .cases import Attachment, Case, CaseEvent, CaseNumber, CaseWord, Contact, Interaction
from .clocks import CaseCount, Clock, ClockDefinition, ClockFiring, ClockFreeze
from .counter import Appointment, Office, OfficeDesk, OfficeOffer, Ticket, TicketNumber
from .keeping import (
    CaseImport,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    Erasure,
    ImportMapping,
    LegalHold,
)
from .mail import MailIntake
from .open311 import Open311Key
from .setup import (
    Article,
    CaseType,
    Category,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
    TeamMember,
)

__all__ = [
    "Appointment",
    "Approval",
    "Article",
    "Attachment",
    "Case",
    "CaseCount",
    "CaseEvent",
    "CaseImport",
    "CaseLink",
    "CaseNumber",
    "CaseType",
    "CaseUsage",
    "CaseWord",
    "Category",
    "Clock",
    "ClockAudit",
    "ClockDefinition",
    "ClockDrift",
    "ClockFiring",
    "ClockFreeze",
    "Consent",
    "Contact",
    "Erasure",
    "IdentityCheck",
    "ImportMapping",
    "Interaction",
    "LegalHold",
    "MailIntake",
    "Office",
    "OfficeDesk",
    "OfficeOffer",
    "Open311Key",
    "Queue",
    "ReadyAnswer",
    "RoutingRule",
    "Task",
    "Team",
    "TeamMember",
    "Ticket",
    "TicketNumber",
    "Watcher",
]
