"""The first page."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_before_there_is_a_centre_the_page_says_so(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "no centre yet" in page.content.decode()
