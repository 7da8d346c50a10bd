"""What other modules may use of notices."""

from .actions import (
    erase_messages,
    mark_read,
    notify_role,
    notify_together,
    retry_failed,
    send,
    subscribe,
)
from .models import Message
from .selectors import inbox, outbox, subscriptions
from .sign_in import NEW_PASSWORD, invite, letter, link_of
from .templates import NoticeError, Template, register_template, topics

__all__ = [
    "NEW_PASSWORD",
    "Message",
    "NoticeError",
    "Template",
    "erase_messages",
    "inbox",
    "invite",
    "letter",
    "link_of",
    "mark_read",
    "notify_role",
    "notify_together",
    "outbox",
    "register_template",
    "retry_failed",
    "send",
    "subscribe",
    "subscriptions",
    "topics",
]
