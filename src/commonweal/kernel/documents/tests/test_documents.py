"""Files are whole, unchanged, and one agency's."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.documents import public as documents
from commonweal.kernel.documents.models import Document
from commonweal.kernel.documents.storage import absolute, plain_name
from commonweal.kernel.party.tests.world import World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

OWNER = ("test.Bill", uuid4())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def keep(world: World, data: bytes = b"abc", actor: Actor = SYSTEM, **more: Any) -> Document:
    wanted = {
        "agency_id": world.north.pk,
        "owner": OWNER,
        "kind": "pdf",
        "filename": "bill.pdf",
        "media_type": "application/pdf",
    }
    with act_as(actor):
        return documents.store(actor=actor, data=data, **(wanted | more))


def test_round_trip(world: World, folder: Path) -> None:
    stored = keep(world)
    assert stored.path.startswith(f"{world.north.pk}/")
    assert absolute(stored.path).stat().st_mode & 0o777 == 0o600
    with act_as(SYSTEM):
        assert documents.open_document(SYSTEM, stored.pk) == b"abc"
        assert documents.documents_of(SYSTEM, OWNER) == [stored]
    assert keep(world) == stored
    assert not [path for path in folder.rglob("*.part")]


def test_lost_bytes_come_back_with_the_same_file(world: World) -> None:
    stored = keep(world)
    absolute(stored.path).unlink()
    assert keep(world) == stored
    with act_as(SYSTEM):
        assert documents.open_document(SYSTEM, stored.pk) == b"abc"


@pytest.mark.parametrize("damage", ["changed", "lost"])
def test_damage_is_found(world: World, damage: str) -> None:
    stored = keep(world)
    path = absolute(stored.path)
    path.write_bytes(b"abd") if damage == "changed" else path.unlink()
    with act_as(SYSTEM), pytest.raises(CommonwealError, match="DOCUMENTS-405"):
        documents.open_document(SYSTEM, stored.pk)


def test_a_full_disk_leaves_nothing(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommonwealError, match="DOCUMENTS-101"):
        keep(world)
    assert not [path for path in folder.rglob("*") if path.is_file()]
    with act_as(SYSTEM):
        assert documents.documents_of(SYSTEM, OWNER) == []


def test_the_wall(world: World) -> None:
    stored = keep(world)
    north = world.actor("nora", "agency_finance", world.north)
    south = world.actor("sara", "agency_finance", world.south)
    with act_as(north):
        assert documents.open_document(north, stored.pk) == b"abc"
    with act_as(south):
        assert not Document.objects.exists()
        assert documents.documents_of(south, OWNER) == []
        with pytest.raises(NotFound):
            documents.open_document(south, stored.pk)
    with pytest.raises(Forbidden):
        keep(world, actor=south)


def test_rows_never_change(world: World) -> None:
    stored = keep(world)
    for change in (
        lambda rows: rows.update(path="elsewhere"),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), act_as(SYSTEM):
            change(Document.objects.filter(pk=stored.pk))


@given(st.text())
def test_names_are_plain(name: str) -> None:
    kept = plain_name(name)
    assert kept
    assert len(kept) <= 160
    assert not set(kept) & set('/\\"\r\n\0')
    assert kept not in {".", ".."}


def test_names() -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("C:\\bills\\a.pdf") == "a.pdf"
    assert plain_name("..") == "file"
