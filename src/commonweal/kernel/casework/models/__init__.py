"""Tables of casework."""

from .around import Approval, CaseLink, Consent, IdentityCheck, Task, Watcher
from .cases import Attachment, Case, CaseEvent, CaseNumber, CaseWord, Contact, Interaction
from .clocks import CaseCount, Clock, ClockDefinition, ClockFiring, ClockFreeze
from .counter import Appointment, Office, OfficeDesk, OfficeOffer, Ticket, TicketNumber
from .desk import CaseBatch, CaseTally, SavedView
from .fees import (
    CaseFee,
    FeeReceipt,
    FeeRule,
    Payback,
    PaymentAttempt,
    PaymentWord,
    Till,
    TillClosing,
    TillYear,
)
from .keeping import (
    CaseImport,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    Erasure,
    ImportMapping,
    LegalHold,
)
from .letters import ScannedLetter
from .mail import Mailbox, MailIntake
from .open311 import Open311Key
from .orders import CaseOrder
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
    "CaseBatch",
    "CaseCount",
    "CaseEvent",
    "CaseFee",
    "CaseImport",
    "CaseLink",
    "CaseNumber",
    "CaseOrder",
    "CaseTally",
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
    "FeeReceipt",
    "FeeRule",
    "IdentityCheck",
    "ImportMapping",
    "Interaction",
    "LegalHold",
    "MailIntake",
    "Mailbox",
    "Office",
    "OfficeDesk",
    "OfficeOffer",
    "Open311Key",
    "Payback",
    "PaymentAttempt",
    "PaymentWord",
    "Queue",
    "ReadyAnswer",
    "RoutingRule",
    "SavedView",
    "ScannedLetter",
    "Task",
    "Team",
    "TeamMember",
    "Ticket",
    "TicketNumber",
    "Till",
    "TillClosing",
    "TillYear",
    "Watcher",
]
