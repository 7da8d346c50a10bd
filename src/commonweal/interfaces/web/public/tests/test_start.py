"""The first page opens for anybody."""

import pytest


@pytest.mark.django_db
def test_the_first_page_says_what_this_is_for(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "Shared services" in page.content.decode()


@pytest.mark.django_db
def test_an_unknown_page_is_explained(client):
    page = client.get("/nothing-here/")
    assert page.status_code == 404
