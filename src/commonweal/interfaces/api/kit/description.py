"""The OpenAPI 3.1 description, and the page that shows it to people."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.utils.html import escape, format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from commonweal.kernel.access.public import OWN_ACCOUNT

from .doors import ALL, OWN, SIGNED_IN, Door
from .problems import MEDIA

METHODS = ("get", "post", "put", "patch", "delete")


def describe(schema: Any, doors: Sequence[Door]) -> Any:
    """Bring Ninja's description to what is really sent: problem documents, downloads, access."""
    for operations in schema["paths"].values():
        for method in METHODS:
            if method in operations:
                _describe(operations[method], method)
    schema["tags"] = [{"name": door.tag, "description": door.about} for door in doors]
    schema["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _describe(operation: dict[str, Any], method: str) -> None:
    responses = operation["responses"]
    for status in list(responses):
        entry = responses[status]
        content = entry.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            entry["content"] = {MEDIA: content["application/json"]}
        responses[str(status)] = responses.pop(status)
    if method == "get":
        responses.setdefault("304", {"description": "As you know it (If-None-Match)"})
    text = _who(operation.get("x-access", ""))
    operation["description"] = f"{operation.get('description', '').strip()}\n\n{text}".strip()


def _who(access: str) -> str:
    kind, _, names = access.partition(":")
    if access == ALL:
        return "Open to everybody."
    if access == SIGNED_IN:
        return "For everybody who is signed in, and every token; each sees their own."
    if access == OWN:
        return f"For oneself: any session, and tokens with the scope `{OWN_ACCOUNT}`."
    if kind == OWN:
        own = f"For oneself (tokens: with the scope `{OWN_ACCOUNT}`), or"
        return f"{own} with the permission `{names.replace('|', '` or `')}`."
    side = "For people of the centre with" if kind == "centre" else "For whoever holds"
    if kind == "part":
        side = "For whoever holds, be it for one bureau,"
    return f"{side} the permission `{names.replace('|', '` or `')}`."


STYLE = """
body{font:16px/1.5 ui-sans-serif,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:#1b2733;
background:#fff;margin:0 auto;max-width:60rem;padding:1rem}a{color:#1d4f91}
h1{font-size:2rem}h2{border-top:1px solid #d5d8dc;padding-top:1rem}
summary{cursor:pointer;padding:.5rem 0}details{border-bottom:1px solid #d5d8dc}
code,pre{font:14px/1.5 ui-monospace,monospace;background:#f5f3ee;overflow-wrap:anywhere}
pre{padding:.75rem;white-space:pre-wrap}b{display:inline-block;min-width:4.5rem;color:#0b5d4e}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.25rem .75rem .25rem 0;border-bottom:1px solid #d5d8dc}
@media(prefers-color-scheme:dark){body{background:#14202a;color:#e8ebee}a{color:#9cc2f5}
code,pre{background:#1f2c37}b{color:#7fd1bf}}
"""


def style_hash() -> str:
    """How a content policy names the page's own style, and so nothing else."""
    digest = hashlib.sha256(STYLE.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def page(schema: Any) -> str:
    """One page with every operation; works without a script and prints cleanly."""
    groups = format_html_join("\n", "{}", ((_group(schema, tag),) for tag in schema["tags"]))
    return format_html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{} API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>{}</style></head><body><main><h1>{} API, version {}</h1>{}"
        '<p><a href="openapi.json">The description for programs (OpenAPI 3.1)</a></p>{}</main>'
        "</body></html>",
        schema["info"]["title"],
        mark_safe(STYLE),
        schema["info"]["title"],
        schema["info"]["version"],
        _prose(schema["info"]["description"]),
        groups,
    )


def _prose(text: str) -> SafeString:
    return mark_safe(linebreaks(escape(text.replace("**", "").replace("`", ""))))


def _group(schema: Any, tag: dict[str, str]) -> SafeString:
    found = [
        _operation(schema, method, address, operations[method])
        for address, operations in schema["paths"].items()
        for method in METHODS
        if method in operations and tag["name"] in operations[method].get("tags", ())
    ]
    return format_html(
        '<h2 id="{}">{}</h2><p>{}</p>{}',
        tag["name"],
        tag["name"].capitalize(),
        tag["description"],
        mark_safe("".join(found)),
    )


def _operation(schema: Any, method: str, address: str, operation: Any) -> SafeString:
    parameters = format_html_join(
        "",
        "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>",
        (
            (each["name"], each["in"], ", needed" if each["required"] else "",
             each.get("description", ""))
            for each in operation.get("parameters", ())
        ),
    )  # fmt: skip
    answers = format_html_join(
        "",
        "<tr><td><code>{}</code></td><td>{}</td></tr>",
        ((status, entry["description"]) for status, entry in operation["responses"].items()),
    )
    return format_html(
        '<details id="{}"><summary><b>{}</b> <code>{}</code> {}</summary>{}{}'
        "<table><tbody>{}</tbody></table><table><tbody>{}</tbody></table></details>",
        operation["operationId"],
        method.upper(),
        address,
        operation["summary"],
        _prose(operation["description"]),
        _body(schema, operation),
        parameters,
        answers,
    )


def _body(schema: Any, operation: Any) -> SafeString:
    """The form of what is sent, as JSON Schema."""
    parts = []
    for media, entry in operation.get("requestBody", {}).get("content", {}).items():
        form = _resolved(schema, entry.get("schema", {}))
        form = entry.get("example", {k: form[k] for k in ("properties", "items") if k in form})
        parts.append(format_html("<p>{}</p><pre>{}</pre>", media, json.dumps(form, indent=1)))
    return mark_safe("".join(parts))


def _resolved(schema: Any, form: dict[str, Any]) -> dict[str, Any]:
    name = form.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"].get(name, form)
    return found
