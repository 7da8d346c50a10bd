"""Pages of the look rendered to one string, style sheets inside, without a server or database."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from commonweal.interfaces.web.look.gallery import gallery_context
from commonweal.interfaces.web.look.jinja import environment

LOOK = Path(__file__).resolve().parents[1]
STATIC = LOOK / "static" / "commonweal"
SHEETS = ("govuk.css", "commonweal.css")
LAYOUTS = ("public", "agency", "workspace")


def engine() -> Environment:
    """The environment as Django's backend makes it."""
    return environment(loader=FileSystemLoader(LOOK / "templates"), autoescape=True)


def draw(source: str, **context: object) -> str:
    """A template given as text, with all macros imported as `c`."""
    head = '{% import "components.jinja" as c %}'
    return engine().from_string(head + source).render(**context)


def gallery(layout: str, **context: object) -> str:
    """The gallery in one frame, as a file that needs nothing else."""
    given = {"layout": f"layouts/{layout}.jinja", "csrf_input": Markup()}
    page = (
        engine()
        .get_template("look/gallery.jinja")
        .render({**gallery_context(), **given, **context})
    )
    styles = "".join((STATIC / name).read_text() for name in SHEETS)
    page = re.sub(r'<link rel="(?:stylesheet|icon)"[^>]*>', "", page)
    return page.replace("</head>", f"<style>{styles}</style></head>")
