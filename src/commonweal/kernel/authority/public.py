"""What other modules may use of authority."""

from .actions import (
    approve,
    end_second_approver,
    name_second_approver,
    propose,
    reject,
    set_limit,
    withdraw,
)
from .domain import AuthorityError, NotYours
from .models import AmountLimit, Decision, SecondApprover
from .registry import (
    Subject,
    kind_words,
    register_kind,
    register_subject,
    subject_of,
    subjects,
)
from .selectors import (
    decision_document,
    decisions,
    get,
    limits,
    second_approvers,
    waiting,
)

__all__ = [
    "AmountLimit",
    "AuthorityError",
    "Decision",
    "NotYours",
    "SecondApprover",
    "Subject",
    "approve",
    "decision_document",
    "decisions",
    "end_second_approver",
    "get",
    "kind_words",
    "limits",
    "name_second_approver",
    "propose",
    "register_kind",
    "register_subject",
    "reject",
    "second_approvers",
    "set_limit",
    "subject_of",
    "subjects",
    "waiting",
    "withdraw",
]
