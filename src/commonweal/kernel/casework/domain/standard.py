"""State machines to begin with; a centre may change each of them as data."""

from __future__ import annotations

from typing import Any


def _state(code: str, name: str, phase: str, reason: str = "") -> dict[str, str]:
    return {"code": code, "name": name, "phase": phase, "reason": reason}


def _move(start: str, end: str, name: str, *by: str, needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"from": start, "to": end, "name": name, "by": list(by or ("agent",)),
            "needs": list(needs)}  # fmt: skip


_WORKED = [
    _state("new", "New", "open"),
    _state("in_progress", "In progress", "open"),
    _state("waiting_requester", "Waiting for an answer", "waiting", "requester"),
    _state("waiting_supplier", "Waiting for a supplier", "waiting", "third_party"),
]
_ENDS = [_state("resolved", "Resolved", "resolved"), _state("closed", "Closed", "closed")]
_BOTH = ("agent", "system")


def _worked_moves(*needs: str) -> list[dict[str, Any]]:
    waits = [state["code"] for state in _WORKED[2:]]
    moves = [_move("new", "in_progress", "Begin", *_BOTH)]
    for start in ("new", "in_progress"):
        moves += [_move(start, "waiting_requester", "Ask whoever asked")]
        moves += [_move(start, "waiting_supplier", "Wait for a supplier")]
    moves += [
        _move(start, "in_progress", "Go on", *_BOTH, *(["requester"] if "req" in start else []))
        for start in waits
    ]
    for start in ("new", "in_progress", *waits):
        moves.append(_move(start, "resolved", "Resolve", needs=("resolution", *needs)))
    for start in ("new", "in_progress", *waits):
        moves.append(_move(start, "closed", "Withdraw", "requester", *_BOTH))
    moves += [
        _move("resolved", "in_progress", "Open again", "agent", "requester", "system"),
        _move("resolved", "closed", "Close", "agent", "requester", "system"),
        _move("closed", "in_progress", "Open again", "agent", "requester", "system"),
    ]
    return moves


HELP: dict[str, Any] = {"states": [*_WORKED, *_ENDS], "moves": _worked_moves()}
"""Incidents, questions, complaints, reports: what somebody works on until it is resolved."""

ORDER: dict[str, Any] = {"states": [*_WORKED, *_ENDS], "moves": _worked_moves("approval", "tasks")}
"""Requests that are approved and fulfilled in steps."""

_APPROVAL = _state("waiting_approval", "Waiting for approval", "waiting", "approval")


def _catalogue_order() -> dict[str, Any]:
    """Ordered, approved, set up, in service. Whoever ordered cancels until it is approved."""
    asked = ("new", "waiting_approval")
    worked = ("in_progress", "waiting_requester", "waiting_supplier")
    service = _state("resolved", "In service", "resolved")
    moves = [
        _move("new", "waiting_approval", "Ask for approval", "system"),
        _move("new", "in_progress", "Begin", *_BOTH, needs=("approval",)),
        _move("waiting_approval", "in_progress", "Approve", "system", needs=("approval",)),
        *(_move(start, "closed", "Cancel the order", "requester", *_BOTH) for start in asked),
        *(_move(start, "closed", "Cannot be delivered", *_BOTH) for start in worked),
        *(_move(start, "resolved", "Now in service", needs=("resolution", "approval", "tasks"))
          for start in worked),
        _move("in_progress", "waiting_requester", "Ask whoever ordered"),
        _move("in_progress", "waiting_supplier", "Wait for a supplier"),
        _move("waiting_requester", "in_progress", "Go on", *_BOTH, "requester"),
        _move("waiting_supplier", "in_progress", "Go on", *_BOTH),
        _move("resolved", "in_progress", "It does not work", "requester", *_BOTH),
        _move("resolved", "closed", "Close", "agent", "requester", "system"),
    ]  # fmt: skip
    states = [_WORKED[0], _APPROVAL, *_WORKED[1:], service, _ENDS[1]]
    return {"states": states, "moves": moves}


CATALOGUE_ORDER: dict[str, Any] = _catalogue_order()
"""Orders from the catalogue. While an approval is waited for, a promise may stand still."""

CHANGE: dict[str, Any] = {
    "states": [
        _state("new", "Planned", "open"),
        _state("in_progress", "In preparation", "open"),
        _state("window", "Waiting for its window", "waiting", "change_window"),
        _state("doing", "Being done", "open"),
        *_ENDS,
    ],
    "moves": [
        _move("new", "in_progress", "Prepare", *_BOTH),
        _move("in_progress", "window", "Wait for the window", needs=("approval",)),
        _move("window", "doing", "Do it", *_BOTH),
        _move("doing", "window", "Put off", *_BOTH),
        _move("doing", "resolved", "Done", needs=("resolution", "tasks")),
        _move("doing", "in_progress", "Undo it"),
        _move("new", "closed", "Withdraw", *_BOTH),
        _move("in_progress", "closed", "Withdraw", *_BOTH),
        _move("resolved", "closed", "Close", *_BOTH),
        _move("resolved", "in_progress", "Open again", *_BOTH),
        _move("closed", "in_progress", "Open again", *_BOTH),
    ],
}
"""Changes: prepared, approved, done in a window."""

VISIT: dict[str, Any] = {
    "states": [
        _state("booked", "Booked", "open"),
        _state("in_progress", "Being served", "open"),
        _state("waiting_date", "Until the appointment", "waiting", "appointment"),
        *_ENDS,
    ],
    "moves": [
        _move("booked", "waiting_date", "Confirm", *_BOTH),
        _move("booked", "in_progress", "Serve", *_BOTH),
        _move("waiting_date", "in_progress", "Serve", *_BOTH),
        _move("in_progress", "resolved", "Done", needs=("resolution",)),
        _move("booked", "closed", "Cancel", "agent", "requester", "system"),
        _move("waiting_date", "closed", "Cancel", "agent", "requester", "system"),
        _move("resolved", "closed", "Close", "agent", "requester", "system"),
        _move("resolved", "in_progress", "Open again", "agent", "requester", "system"),
        _move("closed", "in_progress", "Open again", *_BOTH),
    ],
}
"""Appointments."""

DISPUTE: dict[str, Any] = {
    "states": [
        _state("new", "Raised", "open"),
        _state("taken_further", "Taken further", "open"),
        _state("answered", "Answered", "resolved"),
        _state("closed", "Closed", "closed"),
    ],
    "moves": [
        _move(start, end, name, "system", needs=("owner",))
        for start, end, name in (
            ("new", "answered", "Answer"),
            ("new", "taken_further", "Take further"),
            ("taken_further", "answered", "Answer"),
            ("answered", "taken_further", "Take further"),
            ("new", "closed", "Close"),
            ("taken_further", "closed", "Close"),
            ("answered", "closed", "Close"),
        )
    ],
}
"""Disputes of bill lines: whoever keeps the money decides every state; here it is only followed."""
