"""Actors and grants, accounts, tokens, elevation, and the start-up check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections

from commonweal.kernel.access.checks import UnsafeDatabase, check_database
from commonweal.kernel.access.public import (
    ANONYMOUS,
    SYSTEM,
    AccessError,
    Actor,
    User,
    act_as,
    choose_language,
    create_token,
    create_user,
    elevate,
    end_elevation,
    forget,
    language_of,
    once,
    put_role,
    require,
    require_somewhere,
    revoke_token,
    role_permissions,
    roles,
    running_elevation,
    set_user_active,
    token_by_secret,
    tokens,
    user_by_email,
)
from commonweal.kernel.calendar.public import at
from commonweal.kernel.schema.public import Forbidden, NotFound

NOON = datetime(2026, 9, 5, 12, tzinfo=UTC)
PARKS, ROADS = UUID(int=1), UUID(int=2)
PERMISSION = "charging.view_bills"


def person(*grants: tuple[str, UUID | None]) -> Actor:
    """Somebody with an account and these grants."""
    user = create_user(actor=SYSTEM, email=f"{uuid4().hex}@example.org", password="long enough")
    return Actor(
        kind="person",
        user_id=user.id,
        centre=True,
        grants=frozenset(grants),
        agencies=frozenset(place for _, place in grants if place),
    )


def test_a_grant_holds_where_it_was_given() -> None:
    own = Actor(kind="person", grants=frozenset({(PERMISSION, PARKS)}))
    whole = Actor(kind="person", grants=frozenset({(PERMISSION, None)}))
    assert [own.may(PERMISSION, PARKS), own.may(PERMISSION, ROADS), own.may(PERMISSION)] == [
        True, False, False,
    ]  # fmt: skip
    assert [whole.may(PERMISSION, ROADS), whole.may(PERMISSION)] == [True, True]
    assert [own.may_somewhere(PERMISSION), own.may_somewhere("x.y")] == [True, False]
    assert own.agencies_with(PERMISSION) == {PARKS}
    assert not whole.agencies_with(PERMISSION)
    assert SYSTEM.may("anything.at_all", ROADS)
    assert not ANONYMOUS.may_somewhere(PERMISSION)
    with pytest.raises(Forbidden, match="ACCESS-403"):
        require(own, PERMISSION, ROADS)
    with pytest.raises(Forbidden):
        require_somewhere(own, "x.y")
    require(own, PERMISSION, PARKS)
    require_somewhere(own, PERMISSION)


def test_a_token_never_does_more_than_its_scopes() -> None:
    full = Actor(kind="person", grants=frozenset({(PERMISSION, PARKS), ("x.y", None)}))
    token = full.limited_to(frozenset({PERMISSION, "not.granted"}))
    assert token.kind == "token"
    assert token.may(PERMISSION, PARKS)
    for permission in ("x.y", "not.granted"):
        assert not token.may(permission, PARKS)
        assert not token.may_somewhere(permission)
        assert not token.agencies_with(permission)


def test_accounts_are_made_once_and_closed(db: None) -> None:
    with act_as(SYSTEM):
        user = create_user(actor=SYSTEM, email="Ann@Example.org", password="long enough")
        assert user_by_email("ann@EXAMPLE.org") == user
        assert user.check_password("long enough")
        with pytest.raises(AccessError, match="ACCESS-101"):
            create_user(actor=SYSTEM, email="ann@example.org")
        with pytest.raises(Forbidden):
            create_user(actor=ANONYMOUS, email="bob@example.org")
        set_user_active(actor=SYSTEM, user_id=user.id, active=False)
        user.refresh_from_db()
        assert not user.is_active


def test_nobody_closes_the_account_they_act_with_or_one_that_is_not(db: None) -> None:
    with act_as(SYSTEM):
        own = person(("access.manage_people", None))
        with pytest.raises(AccessError, match="ACCESS-117"):
            set_user_active(actor=own, user_id=own.user_id, active=False)
        assert user_by_email(User.objects.get(pk=own.user_id).email).is_active
        with pytest.raises(NotFound, match="ACCESS-405"):
            set_user_active(actor=own, user_id=uuid4(), active=False)


def test_an_account_reads_pages_in_one_of_the_languages_there_are(db: None) -> None:
    with act_as(SYSTEM):
        own = person()
        choose_language(actor=own, language="es")
        assert language_of(own.user_id) == "es"
        with pytest.raises(AccessError, match="ACCESS-112"):
            choose_language(actor=own, language="klingon")
        assert language_of(own.user_id) == "es"


def test_roles_are_data(db: None) -> None:
    with act_as(SYSTEM):
        put_role(actor=SYSTEM, code="x", name="X", side="centre", permissions=["b.b", "a.a", "a.a"])
        put_role(actor=SYSTEM, code="x", name="X", side="centre", permissions=["c.c"])
        assert role_permissions()["x"] == {"c.c"}
        with pytest.raises(AccessError, match="ACCESS-115"):
            put_role(actor=SYSTEM, code="x", name="X", side="agency", permissions=["c.c"])
        with pytest.raises(AccessError, match="ACCESS-114"):
            put_role(actor=SYSTEM, code="x", name="X", side="centre", permissions=["*"])
        assert "x" in {role.code for role in roles(SYSTEM)}
        with pytest.raises(Forbidden):
            roles(ANONYMOUS)


def test_a_token_opens_until_it_ends_or_is_revoked(db: None) -> None:
    with act_as(SYSTEM), at(NOON):
        owner = person((PERMISSION, PARKS))
        token, secret = create_token(actor=owner, name=" ", scopes=[PERMISSION], days=2)
        assert (token.name, token.scopes) == ("token", [PERMISSION])
        assert secret not in str(token.__dict__)
        assert token_by_secret(secret) == token
        assert tokens(owner) == [token]
        assert not tokens(SYSTEM)
        altered = secret[:-1] + ("y" if secret[-1] == "x" else "x")
        for wrong in (altered, "cw_", "", secret[:12]):
            assert token_by_secret(wrong) is None
        with at(NOON + timedelta(days=2)):
            assert token_by_secret(secret) is None
        with pytest.raises(AccessError, match="ACCESS-105"):
            revoke_token(actor=person((PERMISSION, PARKS)), token_id=token.id)
        set_user_active(actor=SYSTEM, user_id=token.user_id, active=False)
        assert token_by_secret(secret) is None
        set_user_active(actor=SYSTEM, user_id=token.user_id, active=True)
        revoke_token(actor=owner, token_id=token.id)
        assert token_by_secret(secret) is None


def test_a_token_is_refused_beyond_its_owner(db: None) -> None:
    with act_as(SYSTEM):
        owner = person((PERMISSION, PARKS))
        for actor, scopes, days, code in (
            (SYSTEM, [PERMISSION], 1, "ACCESS-102"),
            (owner.limited_to(frozenset({PERMISSION})), [PERMISSION], 1, "ACCESS-102"),
            (owner, ["x.y"], 1, "ACCESS-103"),
            (owner, [], 1, "ACCESS-103"),
            (owner, [PERMISSION], 0, "ACCESS-104"),
            (owner, [PERMISSION], 367, "ACCESS-104"),
        ):
            with pytest.raises(AccessError, match=code):
                create_token(actor=actor, name="x", scopes=scopes, days=days)
        with pytest.raises(AccessError, match="ACCESS-108"):
            revoke_token(actor=SYSTEM, token_id=uuid4())


def test_elevation_is_short_reasoned_and_ends(db: None) -> None:
    with act_as(SYSTEM), at(NOON):
        staff = person(("access.elevate", None))
        assert staff.user_id is not None
        for reason, minutes, code in (
            ("short", 60, "ACCESS-106"),
            ("A long enough reason", 0, "ACCESS-107"),
            ("A long enough reason", 241, "ACCESS-107"),
        ):
            with pytest.raises(AccessError, match=code):
                elevate(actor=staff, reason=reason, permissions=["x.y"], minutes=minutes)
        for wanted, code in ((["*"], "ACCESS-114"), ([], "ACCESS-111")):
            with pytest.raises(AccessError, match=code):
                elevate(actor=staff, reason="A long enough reason", permissions=wanted)
        token = staff.limited_to(frozenset({"access.elevate"}))
        with pytest.raises(AccessError, match="ACCESS-116"):
            elevate(actor=token, reason="A long enough reason", permissions=["x.y"])
        made = elevate(actor=staff, reason="A long enough reason", permissions=["x.y"], minutes=30)
        assert running_elevation(staff.user_id) == made
        with at(NOON + timedelta(minutes=30)):
            assert running_elevation(staff.user_id) is None
        with at(NOON + timedelta(minutes=5)):
            end_elevation(actor=staff)
            assert running_elevation(staff.user_id) is None
        with pytest.raises(Forbidden):
            elevate(actor=person(), reason="A long enough reason", permissions=["x.y"])


@pytest.mark.django_db(databases=["default", "owner"])
def test_nobody_serves_as_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's role passes; the owner of the tables is refused."""
    check_database()
    monkeypatch.setattr("commonweal.kernel.access.checks.connection", connections["owner"])
    with pytest.raises(UnsafeDatabase, match="ACCESS-502"):
        check_database()


def test_settings_are_read_once_in_a_scope_and_anew_after_a_write(db: None) -> None:
    asked: list[int] = []

    def read() -> int:
        asked.append(1)
        return len(asked)

    with act_as(SYSTEM):
        assert [once(("it",), read), once(("it",), read)] == [1, 1]
        assert once(("other",), read) == 2
        with act_as(ANONYMOUS):  # another scope asks for itself
            assert once(("it",), read) == 3
            forget()
        assert once(("it",), read) == 4
    with act_as(SYSTEM):
        assert once(("it",), read) == 5
    assert [once(("it",), read), once(("it",), read)] == [6, 7]  # no scope is left


def test_without_a_scope_nothing_is_kept() -> None:
    assert [once(("it",), object) is once(("it",), object)] == [False]
