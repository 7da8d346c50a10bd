"""Macros, layouts and error pages, rendered; and what is vendored, as it was taken."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.utils.translation import override
from jinja2 import UndefinedError

from commonweal.interfaces.web.look.page import Item, Link, Page, Problem, col

from .rendering import LAYOUTS, LOOK, SHEETS, STATIC, draw, engine, gallery

EVIL = "<b>&\"'"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gallery_renders_in_every_frame(layout: str) -> None:
    page = gallery(layout)
    assert f'class="cw-{layout}"' in page
    assert "<title>Error: Gallery – State of Meridian Shared Services</title>" in page
    assert page.count("<main") == page.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page):
        assert set(target.split()) <= set(ids)
    assert " style=" not in page.replace("<style", "")


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "403_csrf"])
def test_error_pages_render_without_any_context(name: str) -> None:
    page = engine().get_template(f"{name}.html").render()
    title = re.search(r"<title>(.*?) – Commonweal</title>", page)
    assert title
    assert f'<h1 class="govuk-heading-l">{title[1]}</h1>' in page


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_domain_error_says_what_and_its_code(status: int) -> None:
    error = SimpleNamespace(status=status, code="USAGE-104", message=f"Row 12 {EVIL}")
    page = engine().get_template("errors/problem.jinja").render(error=error)
    assert "USAGE-104" in page
    assert "Row 12 &lt;b&gt;&amp;" in page


def test_undefined_names_fail_loudly() -> None:
    with pytest.raises(UndefinedError):
        draw("{{ nothing_here }}")


def test_fields_escape_and_point_to_their_errors() -> None:
    html = draw('{{ c.text_field("q", label, value, hint, error) }}',
                label=EVIL, value=EVIL, hint=EVIL, error=EVIL)  # fmt: skip
    assert "<b>" not in html
    assert 'aria-describedby="q-hint q-error"' in html
    assert 'aria-invalid="true"' in html
    assert draw('{{ c.text_field("q", "L", none) }}').count('value=""') == 1


def test_choices_keep_what_was_chosen() -> None:
    html = draw('{{ c.radios("m", "L", [(1, "One"), (2, "Two", "hint")], 2) }}')
    assert re.search(r'id="m-2" name="m" value="2" checked', html)
    html = draw('{{ c.checkboxes("m", "L", [(1, "One"), (2, "Two")], [1]) }}')
    assert html.count("checked") == 1
    html = draw('{{ c.select_field("m", "L", [(1, "One"), (2, "Two")], 2) }}')
    assert '<option value="2" selected>' in html


def test_a_date_field_takes_dates_moments_and_what_was_typed() -> None:
    for value, text in ((datetime(2026, 11, 3, 9, tzinfo=UTC), "2026-11-03"), ("3/x", "3/x"),
                        (None, "")):  # fmt: skip
        assert f'value="{text}"' in draw('{{ c.date_field("d", "L", v) }}', v=value)


def test_a_table_formats_escapes_labels_and_totals() -> None:
    columns = [col("name", "Agency"), col("total", "Total (USD)", "amount")]
    rows = [SimpleNamespace(name=EVIL, total=-123_456_789), {"name": "B", "total": None}]
    html = draw('{{ c.table(cols, rows, "Bills", {"total": 5}) }}', cols=columns, rows=rows)
    assert "&lt;b&gt;" in html
    assert '<td data-label="Total (USD)" class="cw-num"><span class="cw-cell">−1,234,567.89' in html
    assert html.count("<tr>") == 4
    assert ">0.05<" in html


def test_a_column_tells_moments_in_its_own_zone() -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    for form, said in (("moment", "3 November 2026, 08:05 Central Standard Time"),
                       ("when", "3 November 2026, 08:05"), ("clock", "08:05")):  # fmt: skip
        columns = [col("a", "A"), col("at", "When", form, zone="America/Chicago")]
        html = draw('{{ c.table(cols, rows, "T") }}', cols=columns, rows=[{"a": "x", "at": at}])
        assert f">{said}</span>" in html, form


def test_a_minus_stays_with_its_amount() -> None:
    html = draw("<p>{{ _('%(a)s less', a=v|money('USD')) }}</p>", v=-123_456_789)
    assert html == "<p>−\N{WORD JOINER}$1,234,567.89 less</p>"
    assert draw("{{ v|amount('USD') }}", v=-5) == "−0.05"


def test_an_empty_table_says_what_to_do() -> None:
    html = draw('{{ c.table(cols, [], "Bills", empty_text="No bills yet.", action=a) }}',
                cols=[col("a", "A")], a=Link("Close October", "/close"))  # fmt: skip
    assert "<table" not in html
    assert "No bills yet." in html
    assert 'href="/close"' in html


def test_a_table_row_may_be_drawn_by_the_page() -> None:
    html = draw('{% call(row, key) c.table(cols, rows, "T") %}{% if key == "a" %}<i>{{ row.a }}</i>'
                "{% endif %}{% endcall %}", cols=[col("a", "A"), col("b", "B", "quantity")],
                rows=[{"a": EVIL, "b": 1200}])  # fmt: skip
    assert "<i>&lt;b&gt;" in html
    assert "1,200" in html


def test_summary_errors_and_marks() -> None:
    html = draw("{{ c.error_summary(e) }}", e=[Problem("Enter a date.", "from", "CLOSE-101")])
    assert '<a href="#from">Enter a date. (CLOSE-101)</a>' in html
    assert draw("{{ c.error_summary([]) }}").strip() == ""
    html = draw("{{ c.summary_list(i) }}", i=[Item("A", "1", "/a"), Item("B", "2")])
    assert html.count("govuk-summary-list__actions") == 2
    html = draw('{{ c.why("/why?a=1&b=2", "October total") }}')
    assert 'href="/why?a=1&amp;b=2"' in html
    assert "October total" in html
    for status in ("good", "watch", "bad", "unknown"):
        assert re.search(r"</svg>\w+", draw("{{ c.tag(s) }}", s=status))


def test_the_layout_shows_language_only_with_a_token() -> None:
    page = Page(language="en-us", languages=(("en-us", "English"), ("es", "Español")),
                language_href="/language/")  # fmt: skip
    assert 'value="es"' in gallery("public", page=page)
    template = engine().get_template("errors/404.jinja")
    assert 'value="es"' not in template.render(page=page)


def test_style_sheets_are_small_and_ours() -> None:
    sheets = {name: (STATIC / name).read_bytes() for name in SHEETS}
    assert sum(map(len, sheets.values())) <= 72_000
    for text in sheets.values():
        assert not re.search(rb"GDS Transport|crown|@font-face|url\(|@import", text, re.I)
    for name in ("govuk.css", "htmx.min.js"):
        digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
        assert digest in (LOOK / "vendor" / "README.md").read_text()


def test_every_class_of_the_macros_has_a_rule() -> None:
    css = "".join((STATIC / name).read_text() for name in SHEETS)
    used = set()
    for template in (LOOK / "templates").rglob("*.jinja"):
        for classes in re.findall(r'class="([^"{]+)"', template.read_text()):
            used |= {c for c in classes.split() if c.startswith(("cw-", "govuk-"))}
    bare = {"cw-cell", "cw-stat__label"}  # hooks of the structure, styled by their parents
    assert {name for name in used if f".{name}" not in css} <= bare


def test_words_of_a_template_are_looked_up_once_in_each_language() -> None:
    source = "{{ _('Bills') }} {{ _('Bills') }} {% trans %}100%{% endtrans %}"
    named = "{% trans name=name %}Hello {{ name }}{% endtrans %}"
    with override("es"):
        spanish = draw(source)
    with override("en-us"):
        assert draw(source) == "Bills Bills 100%"
        assert draw(named, name="<b>") == "Hello &lt;b&gt;"
    assert spanish == "Facturas Facturas 100%"
    with override(None):
        assert draw("{{ _('Bills') }}") == "Bills"
