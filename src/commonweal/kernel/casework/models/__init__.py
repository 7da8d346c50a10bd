"""Tables of casework."""

from .around import Approval, CaseLink, Consent, IdentityCheck, Task, Watcher
from .cases import Attachment, Case, CaseEvent, CaseNumber, CaseWord, Contact, Interaction
from .clocks import CaseCount, Clock, ClockDefinition, ClockFiring, ClockFreeze
from .desk import CaseBatch, CaseTally, SavedView
from .keeping import (
    CaseImport,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    Erasure,
    ImportMapping,
    LegalHold,
)
from .mail import Mailbox, MailIntake
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
    "Approval",
    "Article",
    "Attachment",
    "Case",
    "CaseBatch",
    "CaseCount",
    "CaseEvent",
    "CaseImport",
    "CaseLink",
    "CaseNumber",
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
    "IdentityCheck",
    "ImportMapping",
    "Interaction",
    "LegalHold",
    "MailIntake",
    "Mailbox",
    "Open311Key",
    "Queue",
    "ReadyAnswer",
    "RoutingRule",
    "SavedView",
    "Task",
    "Team",
    "TeamMember",
    "Watcher",
]
