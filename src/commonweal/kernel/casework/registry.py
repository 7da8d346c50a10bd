"""What others hook into casework: they are told of events, they send messages, they settle.

A hook runs inside the writer's transaction, so that nothing is announced that was rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from ..access.public import Actor
from .domain.ordering import Priced, Units

Hook = Callable[[Actor, Any, Any], None]
"""(actor, case, event)."""
Sender = Callable[[Any], None]
"""Sends an interaction by its channel."""

Payer = Callable[[Any, Any, str], Any]
"""Gives money back: (what was paid, minor units, key) -> what the provider says at once, or None
where it will say so later."""

Pricer = Callable[[Actor, UUID, Mapping[str, Units]], dict[str, Priced]]
"""(actor, agency, what is wanted by charge item): what each adds to the agency's bills. An item
is left out where nobody can say it ahead."""

_pricers: list[Pricer] = []
_hooks: list[Hook] = []
_closed: list[Callable[[Actor, Any], None]] = []
_promises: list[Callable[..., None]] = []
_senders: dict[str, Sender] = {}
_payers: list[Payer] = []
_money: list[Callable[[Actor, Any], None]] = []


def register_hook(hook: Hook) -> None:
    """Be told of every event of every case."""
    if hook not in _hooks:
        _hooks.append(hook)


def tell(actor: Actor, case: Any, event: Any) -> None:
    """Tell every hook."""
    for hook in _hooks:
        hook(actor, case, event)


def register_sender(channel: str, sender: Sender) -> None:
    """Say who sends messages of a channel (email, sms)."""
    _senders[channel] = sender


def sender(channel: str) -> Sender | None:
    """Who sends messages of a channel, if anybody does."""
    return _senders.get(channel)


def register_closed(hook: Callable[[Actor, Any], None]) -> None:
    """Be told, inside its transaction, of every case that closes: usage and measures begin here."""
    if hook not in _closed:
        _closed.append(hook)


def told_closed(actor: Actor, case: Any) -> None:
    """Tell that a case closed."""
    for hook in _closed:
        hook(actor, case)


def register_promise(hook: Callable[..., None]) -> None:
    """Be told, inside its transaction, of every promise that is near or was missed: (case, clock),
    for one that is near also `level` and `planned`."""
    if hook not in _promises:
        _promises.append(hook)


def told_promise(case: Any, clock: Any, **level: Any) -> None:
    """Tell that a promise was missed, or (`level`, `planned`) that it is near."""
    for hook in _promises:
        hook(case, clock, **level)


def register_payer(payer: Payer) -> None:
    """Say who gives money back through the providers of fees."""
    _payers[:] = [payer]


def payer() -> Payer | None:
    """Who gives money back through providers, if anybody does."""
    return _payers[0] if _payers else None


def register_money(hook: Callable[[Actor, Any], None]) -> None:
    """Be told, inside its transaction, of every amount that came for a fee or was given back."""
    if hook not in _money:
        _money.append(hook)


def told_money(actor: Actor, moved: Any) -> None:
    """Tell that money came or went."""
    for hook in _money:
        hook(actor, moved)


def register_pricer(pricer: Pricer) -> None:
    """Say what orders cost; whoever rates usage does."""
    if pricer not in _pricers:
        _pricers.append(pricer)


def prices(actor: Actor, agency_id: UUID, wanted: Mapping[str, Units]) -> dict[str, Priced]:
    """What orders would add to an agency's bills, by charge item."""
    found: dict[str, Priced] = {}
    for pricer in _pricers:
        found |= pricer(actor, agency_id, wanted)
    return found
