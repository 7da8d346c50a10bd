"""Manifests and table declarations: pure, and known to every module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID


@dataclass(frozen=True)
class TableRights:
    """What the app's role may do with one table, and whose rows it sees.

    `tenant` is the column holding the agency (None: shared). `visible_when_null` shows rows of no
    agency to everybody. `own_user` names a column: rows of the signed-in person are visible too,
    and writable where they belong to no agency. A shared table (no `tenant`) is read by everybody
    and written in the centre's scope only. `account` names the column of the account that a row is
    about: seen and written by that account, by the centre, and at the door, before anybody has
    signed in.
    """

    tenant: str | None = None
    append_only: bool = False
    delete: bool = False
    visible_when_null: bool = False
    own_user: str | None = None
    app_writes: bool = True
    account: str | None = None
    centre_writes: bool = False


@dataclass(frozen=True)
class Manifest:
    """What a module announces: its permissions, default role grants, jobs and schedules.

    `ticks`: what is looked at every half second beside the worker, because it must not wait for a
    schedule; each opens its own transactions, is safe in several processes at once, and says how
    much it did. `work`: each kind of job in plain words. `remedies`: what to do about the codes
    that its jobs end with, in words that name nobody. `standing`: how the actor of an account is
    found today; one module announces it, so that jobs can act as whoever asked for them.
    `by_bureau`: permissions whose readers show a bureau's part alone, so that a role of these may
    be limited to a bureau.

    What an agency takes away (design law 11): its rows of every tenant table, of which `shown`
    keeps those that fit some lookups; `stays` names tables whose rows stay, and why; `refers` names
    tables of the whole centre that rows refer to; `leaves(actor, agency id)` gives further files:
    (name, what it holds, pieces).
    """

    name: str
    permissions: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    jobs: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    schedules: Mapping[str, str] = field(default_factory=dict)
    ticks: Mapping[str, Callable[[], int]] = field(default_factory=dict)
    work: Mapping[str, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    standing: Callable[[UUID], Any] | None = None
    shown: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stays: Mapping[str, str] = field(default_factory=dict)
    refers: Sequence[str] = ()
    leaves: Callable[[Any, UUID], Iterable[tuple[str, str, Iterable[bytes | str]]]] | None = None
    by_bureau: Collection[str] = ()


ModelT = TypeVar("ModelT")


def tenant(
    *,
    column: str = "agency_id",
    append_only: bool = False,
    delete: bool = False,
    visible_when_null: bool = False,
    own_user: str | None = None,
) -> Callable[[ModelT], ModelT]:
    """Declare a table whose rows belong to one agency each (design law 9)."""
    rights = TableRights(column, append_only, delete, visible_when_null, own_user)
    return _declare(rights)


def shared(
    *, append_only: bool = False, delete: bool = False, app_writes: bool = True
) -> Callable[[ModelT], ModelT]:
    """Declare a table of the whole centre: no row belongs to a single agency.

    Everybody reads it; it is written in the centre's scope only.
    """
    return _declare(TableRights(None, append_only, delete, app_writes=app_writes))


def of_account(column: str, *, centre_writes: bool = False) -> Callable[[ModelT], ModelT]:
    """Declare a table about accounts: one account never sees another's rows.

    `centre_writes`: only the centre's scope writes them, not the account itself.
    """
    return _declare(TableRights(account=column, centre_writes=centre_writes))


def _declare(rights: TableRights) -> Callable[[ModelT], ModelT]:
    def decorate(model: ModelT) -> ModelT:
        model.rights = rights  # type: ignore[attr-defined]
        return model

    return decorate
