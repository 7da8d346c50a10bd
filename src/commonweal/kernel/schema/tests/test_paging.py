"""Pages of a list: each row once, forwards and backwards, by comparison of keys alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.schema.public import (
    Listing,
    NotFound,
    Place,
    listing,
    place_parts,
    place_text,
)

ORDERS = (("id",), ("-id",), ("app_label", "model"), ("-app_label", "-model"),
          ("-app_label", "model"))  # fmt: skip


def forwards(order: Sequence[str], limit: int) -> list[Listing[ContentType]]:
    pages = [listing(ContentType.objects.all(), order, Place("", limit))]
    while pages[-1].next:
        pages.append(listing(ContentType.objects.all(), order, Place(pages[-1].next, limit)))
    return pages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_hold_each_row_once_in_order(db: None, order: Sequence[str], limit: int) -> None:
    pages = forwards(order, limit)
    whole = list(ContentType.objects.order_by(*order))
    assert len(whole) > 20
    assert [row for page in pages for row in page] == whole
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[0].previous == ""


@pytest.mark.parametrize("order", ORDERS)
def test_the_page_before_is_the_one_that_was_left(db: None, order: Sequence[str]) -> None:
    pages = forwards(order, 7)
    for left, present in pairwise(pages):
        before = listing(ContentType.objects.all(), order, Place(present.previous, 7))
        assert (list(before), before.previous, before.next) == (
            list(left),
            left.previous,
            left.next,
        )


def test_a_page_whose_rows_are_gone_leads_back(db: None) -> None:
    last = ContentType.objects.order_by("id").last()
    assert last is not None
    empty = listing(ContentType.objects.all(), ["id"], Place(place_text(False, [last.pk]), 7))
    assert (len(empty), empty.next) == (0, "")
    assert len(listing(ContentType.objects.all(), ["id"], Place(empty.previous, 7))) == 7
    nothing = listing(ContentType.objects.none(), ["id"], Place())
    assert (len(nothing), nothing.previous, nothing.next) == (0, "", "")


def test_without_a_place_every_row_comes(db: None) -> None:
    found = listing(ContentType.objects.all(), ["id"], None)
    assert len(found) == ContentType.objects.count()
    assert found[:2] == [found[0], found[1]]


def test_one_statement_reads_a_page(db: None) -> None:
    second = forwards(("app_label", "model"), 7)[0].next
    with CaptureQueriesContext(connection) as seen:
        listing(ContentType.objects.all(), ("app_label", "model"), Place(second, 7))
    (statement,) = [each["sql"] for each in seen]
    assert '("django_content_type"."app_label", "django_content_type"."model") >' in statement
    assert "OFFSET" not in statement
    assert "COUNT" not in statement


@pytest.mark.parametrize(
    "at", ["x", "!", "W10", place_text(False, []), place_text(False, ["one"]),
           place_text(False, ["1", "2"]), "bnVsbA", "WyI-IiwgIlx1ZDgwMCJd"]
)  # fmt: skip
def test_a_place_that_is_none_is_named(db: None, at: str) -> None:
    with pytest.raises(NotFound, match="LIST-404"):
        listing(ContentType.objects.all(), ["id"], Place(at))


def test_a_field_that_may_be_null_orders_nothing(db: None) -> None:
    from commonweal.kernel.jobs.models import Job

    with pytest.raises(FieldDoesNotExist, match="finished_at"):
        listing(Job.objects.all(), ["finished_at"], Place())


@given(
    st.booleans(),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), max_size=4),
)
def test_a_place_says_what_it_was_made_of(backwards: bool, key: list[str]) -> None:
    assert place_parts(place_text(backwards, key), len(key)) == (backwards, key)
