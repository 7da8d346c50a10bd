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
from .models import Message, WebhookDelivery, WebhookSubscription
from .selectors import inbox, outbox, subscriptions
from .sign_in import NEW_PASSWORD, invite, letter, link_of
from .templates import NoticeError, Template, register_template, topics
from .webhooks.actions import MANAGE as MANAGE_WEBHOOKS
from .webhooks.actions import (
    create_webhook,
    end_webhook,
    pause_failing,
    pause_webhook,
    remove_old_deliveries,
    replay_delivery,
    replay_failed,
    resume_webhook,
    rotate_webhook_key,
    test_webhook,
)
from .webhooks.addresses import WebhookError
from .webhooks.announcing import announce
from .webhooks.events import TEST, EventType, body_of, event_types, register_event
from .webhooks.selectors import deliveries, example, webhook, webhooks
from .webhooks.standing import MAX_ATTEMPTS, kept_days

__all__ = [
    "MANAGE_WEBHOOKS",
    "MAX_ATTEMPTS",
    "NEW_PASSWORD",
    "TEST",
    "EventType",
    "Message",
    "NoticeError",
    "Template",
    "WebhookDelivery",
    "WebhookError",
    "WebhookSubscription",
    "announce",
    "body_of",
    "create_webhook",
    "deliveries",
    "end_webhook",
    "erase_messages",
    "event_types",
    "example",
    "inbox",
    "invite",
    "kept_days",
    "letter",
    "link_of",
    "mark_read",
    "notify_role",
    "notify_together",
    "outbox",
    "pause_failing",
    "pause_webhook",
    "register_event",
    "register_template",
    "remove_old_deliveries",
    "replay_delivery",
    "replay_failed",
    "resume_webhook",
    "retry_failed",
    "rotate_webhook_key",
    "send",
    "subscribe",
    "subscriptions",
    "test_webhook",
    "topics",
    "webhook",
    "webhooks",
]
