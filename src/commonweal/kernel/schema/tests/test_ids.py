"""Ids: made in order of time, or derived from what they stand for."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.schema.domain import Manifest, TableRights, shared, tenant
from commonweal.kernel.schema.public import (
    CommonwealError,
    Conflict,
    Forbidden,
    NotFound,
    derived_id,
    uuid7,
)
from commonweal.kernel.schema.rights import table_statements

parts = st.lists(st.one_of(st.text(max_size=6), st.uuids(), st.integers()), min_size=1, max_size=4)


def test_new_ids_are_version_7_and_grow_with_time() -> None:
    made = [uuid7() for _ in range(500)]
    assert {found.version for found in made} == {7}
    assert made == sorted(made)
    assert len(set(made)) == 500


@given(parts)
def test_a_derived_id_follows_from_its_parts_alone(given_parts: list[object]) -> None:
    made = derived_id(*given_parts)
    assert made == derived_id(*given_parts)
    assert made != derived_id(*given_parts, "more")
    assert (made.version, made.variant) == (8, "specified in RFC 4122")


def test_derived_ids_never_change_between_versions() -> None:
    """Bills and lines of years ago keep their ids."""
    assert derived_id("bill", UUID(int=1), "2026-08") == UUID(
        "838d6de7-e647-8e6c-925d-ef65245a5797"
    )


def test_a_table_says_whose_rows_it_holds() -> None:
    @tenant(column="home_id", append_only=True, visible_when_null=True, own_user="user_id")
    class Own:
        rights: TableRights

    @shared(app_writes=False)
    class Common:
        rights: TableRights

    assert Own.rights == TableRights("home_id", True, False, True, "user_id")
    assert Common.rights == TableRights(None, app_writes=False)


def test_a_table_without_a_word_gets_no_rights() -> None:
    class Bare:
        class _meta:
            db_table, label = "bare", "test.Bare"

    with pytest.raises(RuntimeError, match=r"test\.Bare declares neither"):
        table_statements(Bare, "app")  # type: ignore[arg-type]


def test_errors_carry_code_message_details_and_status() -> None:
    found = Conflict("X-409", "Two at once. Try again.", rows=[1])
    assert (str(found), found.code, found.details) == (
        "Two at once. Try again. (X-409)", "X-409", {"rows": [1]},
    )  # fmt: skip
    assert [kind.status for kind in (CommonwealError, NotFound, Forbidden, Conflict)] == [
        400, 404, 403, 409,
    ]  # fmt: skip


def test_an_empty_manifest_announces_nothing() -> None:
    empty = Manifest("x")
    assert (empty.permissions, empty.roles, empty.jobs, empty.schedules) == ({}, {}, {}, {})
