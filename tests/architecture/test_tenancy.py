"""The wall between agencies in the live schema: rights, policies, and a role that owns nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, models, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, check_database, create_user
from commonweal.kernel.party.public import (
    add_membership,
    centre,
    create_agency,
    create_person,
    set_centre,
    sync_roles,
)
from commonweal.kernel.schema.public import TableRights, declared_models
from commonweal.kernel.schema.rights import LIBRARY_ACCOUNTS, visible

MODELS = sorted(declared_models(), key=lambda model: model._meta.db_table)
TENANT = [model for model in MODELS if getattr(model, "rights", TableRights()).tenant]
SHARED_WITH_AGENCY = {"party.CentreProfile": "one row: the centre itself, whom everybody may see"}


def label(model: type[models.Model]) -> str:
    return model._meta.label


def rights_of(model: Any) -> TableRights:
    found: TableRights = model.rights
    return found


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def granted(table: str) -> set[str]:
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    (found,) = rows(
        f"SELECT {', '.join('has_table_privilege(%s, %s)' for _ in words)}",
        *(value for word in words for value in (f'"{table}"', word)),
    )
    return {word for word, has in zip(words, found, strict=True) if has}


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_table_declares_its_rights(model: Any) -> None:
    assert isinstance(getattr(model, "rights", None), TableRights), "use @tenant or @shared"
    columns = {each.attname for each in model._meta.concrete_fields}
    if rights_of(model).tenant:
        assert rights_of(model).tenant in columns
    elif "agency_id" in columns:
        assert label(model) in SHARED_WITH_AGENCY, "a table with an agency is a tenant's table"


def test_every_tenant_table_is_secured_and_forced(db: None) -> None:
    state = {
        name: (enabled, forced)
        for name, enabled, forced in rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
    }
    assert len(TENANT) > 30
    for model in TENANT:
        assert state[model._meta.db_table] == (True, True), label(model)


def test_every_table_has_its_policy(db: None) -> None:
    """Writing is never wider than reading, and no second policy widens either."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, *policy in rows(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check "
        "FROM pg_policies WHERE schemaname = 'public'"
    ):
        found.setdefault(table, []).append(tuple(policy))
    for model in TENANT:
        ((name, permissive, roles, command, using, check),) = found[model._meta.db_table]
        assert (name, permissive, roles, command) == ("scope", "PERMISSIVE", "{public}", "ALL")
        rights = rights_of(model)
        if rights.own_user is None and not rights.visible_when_null:
            assert using == check
        for word in ("app.centre", "app.agencies", str(rights_of(model).tenant)):
            assert word in using, label(model)
        assert ("app.user" in using) == ("app.user" in check) == bool(rights.own_user)
        assert (" IS NULL" in using) == rights.visible_when_null
        assert (f"({rights.tenant} IS NULL)" in check) == bool(rights.own_user)
    for model in MODELS:
        policies, rights = found.pop(model._meta.db_table), rights_of(model)
        if not rights.tenant and not rights.account:
            (reading, writing) = sorted(policies)
            assert reading[3:] == ("SELECT", "true", None)
            assert writing[3] == "ALL"
            for expression in writing[4:]:
                assert "app.centre" in expression
                assert " OR " not in expression
    assert set(found) == set(LIBRARY_ACCOUNTS)


def test_the_policy_names_what_a_table_declares() -> None:
    wide = TableRights("home", visible_when_null=True, own_user="user_id")
    assert [word in visible(wide) for word in ("home IS NULL", "user_id =")] == [True, True]
    narrow = visible(TableRights("agency_id"))
    assert [word in narrow for word in ("IS NULL", "app.user")] == [False, False]


def test_the_app_role_owns_nothing_and_bypasses_nothing(db: None) -> None:
    check_database()
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    ) == [(False,) * 5]
    assert not rows("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
    assert not rows("SELECT proname FROM pg_proc WHERE proowner = current_user::regrole")
    assert not rows(
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
        "WHERE m.member = current_user::regrole"
    )
    assert rows("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]


def test_the_app_role_has_the_rights_declared_and_no_more(db: None) -> None:
    for model in MODELS:
        rights = rights_of(model)
        wanted = {"SELECT"}
        if rights.app_writes:
            wanted.add("INSERT")
            wanted |= set() if rights.append_only else {"UPDATE"}
            wanted |= {"DELETE"} if rights.delete else set()
        assert granted(model._meta.db_table) == wanted, label(model)


def test_append_only_tables_refuse_changes(db: None) -> None:
    """Not only by the catalogue's word: each statement is tried."""
    fixed = [model for model in MODELS if rights_of(model).append_only]
    assert len(fixed) > 8
    with act_as(SYSTEM):
        for model in fixed:
            table, key = model._meta.db_table, model._meta.concrete_fields[0].column
            tried = [f'UPDATE "{table}" SET "{key}" = "{key}"', f'TRUNCATE "{table}" CASCADE']
            if not rights_of(model).delete:
                tried.append(f'DELETE FROM "{table}"')
            for statement in tried:
                with (
                    pytest.raises(DatabaseError, match="permission denied"),
                    transaction.atomic(),
                    connection.cursor() as cursor,
                ):
                    cursor.execute(statement)


def test_without_a_scope_nothing_of_a_tenant_is_seen(db: None) -> None:
    nobody = Actor(kind="person", user_id=uuid4())
    with act_as(nobody):
        for model in TENANT:
            if not rights_of(model).visible_when_null:
                assert not model._default_manager.exists(), label(model)


def test_a_row_of_another_agency_can_be_neither_read_nor_written(db: None) -> None:
    from commonweal.kernel.party.public import create_agency
    from commonweal.practices.charging.models import Driver

    with act_as(SYSTEM):
        parks = create_agency(actor=SYSTEM, code="PARKS", name="Parks").id
        roads = create_agency(actor=SYSTEM, code="ROADS", name="Roads").id
        theirs = Driver.objects.create(agency_id=roads, code="x", name="X", unit="x")
    with act_as(Actor(kind="person", agencies=frozenset({parks}))):
        Driver.objects.create(agency_id=parks, code="x", name="X", unit="x")
        assert Driver.objects.count() == 1
        assert not Driver.objects.filter(pk=theirs.pk).update(name="Ours")
        for write in (
            lambda: Driver.objects.create(agency_id=roads, code="y", name="Y", unit="y"),
            lambda: Driver.objects.update(agency_id=roads),
        ):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                write()


def test_a_scope_ends_with_its_transaction(db: None) -> None:
    """A pooled connection never carries somebody else's scope on."""
    home = uuid4()
    inner = Actor(kind="person", agencies=frozenset({home}))
    read = "SELECT current_setting('app.agencies', true), current_setting('app.centre', true)"
    with act_as(SYSTEM):
        with act_as(inner):
            assert rows(read) == [(str(home), "")]
        assert rows(read) == [("", "on")]
        with pytest.raises(ValueError, match="no"), act_as(inner):
            raise ValueError("no")
        assert rows(read) == [("", "on")]


def attempt(statement: str, *values: Any) -> int:
    """How many rows a statement touched; a refusal by policy counts as none."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, list(values))
            return int(cursor.rowcount)
    except DatabaseError as error:
        if "row-level security" not in str(error):
            raise
        return 0


def test_nobody_writes_themselves_into_another_place(db: None) -> None:
    """In an agency's scope, with every check of ours left out: rows that name oneself in the centre
    or in another agency, roles, elevations, and other people's accounts stay out of reach."""
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, name="Centre", short_name="C")
        own, other = (create_agency(actor=SYSTEM, code=c, name=c, size=9).pk for c in ("A", "B"))
        sync_roles()
        mine, theirs = (create_user(actor=SYSTEM, email=f"{n}@x.test").pk for n in ("me", "they"))
        person = create_person(actor=SYSTEM, name="Me", user_id=mine, home_agency_id=own)
        add_membership(actor=SYSTEM, person_id=person.pk, role="agency_finance", agency_id=own)
        home = centre().agency_id
    member = Actor(kind="person", user_id=mine, agencies=frozenset({own}))
    join = (
        "INSERT INTO party_membership (id, agency_id, person_id, user_id, role_id, starts,"
        " recorded_at) VALUES (%s, %s, %s, %s, %s, current_date - 9, now())"
    )
    event = (
        "INSERT INTO audit_event (id, agency_id, recorded_at, actor_kind, actor_id, verb,"
        " target_type, target_id, payload, hash)"
        " VALUES (%s, %s, now(), 'person', %s, 'x', 'x', 'x', '{}', '0')"
    )
    lift = (
        "INSERT INTO access_elevation (id, user_id, reason, permissions, starts_at, ends_at)"
        " VALUES (%s, %s, 'x', '[]', now(), now())"
    )
    with act_as(member):
        assert not attempt(join, uuid4(), home, person.pk, mine, "director")
        assert not attempt(join, uuid4(), other, person.pk, mine, "agency_finance")
        assert not attempt("UPDATE party_membership SET agency_id = %s", home)
        assert not attempt("UPDATE party_person SET home_agency_id = %s", other)
        assert not attempt(event, uuid4(), other, mine)
        assert attempt(event, uuid4(), None, mine)
        assert not attempt(lift, uuid4(), mine)
        assert not attempt("UPDATE access_role SET side = 'centre'")
        assert not attempt("UPDATE catalogue_unit SET name = 'x'")
        assert not attempt("UPDATE access_user SET password = 'x' WHERE id = %s", theirs)
        assert rows("SELECT id FROM access_user") == [(mine,)]
        assert attempt("UPDATE access_user SET language = 'es'") == 1
