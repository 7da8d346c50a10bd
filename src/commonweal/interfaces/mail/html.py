"""HTML that strangers wrote: made safe when it is kept; and its text. Pure.

What is left is a short list of harmless elements. No image is fetched: one from elsewhere becomes a
note, one that came along (`cid:`) is named and is among the files. Pages show the result in a
sandboxed frame besides.
"""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s",
    "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
    "ol": {"start"}, "abbr": {"title"},
}  # fmt: skip
GONE = {"script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"}
LONGEST = 1_000_000
DEEPEST, OPEN_MARKS, LONGEST_TAG = 200, 8, 10_000
"""Past these a browser's parser takes time or room that grows with the square of the text."""
REMOTE = "[image from elsewhere, not fetched]"
_IMAGE = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
_BEGINS = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
_CLOSED = {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot"}
"""Elements that the next of their kind, or their parent's end, closes."""
_MARKS = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong",
          "tt", "u"}  # fmt: skip
"""Elements that a parser opens again in each paragraph until they are closed."""
_SOURCE = re.compile(r"\bsrc\s{0,5}=\s{0,5}[\"']?\s{0,5}(cid:[^\"'\s<>]{1,250})?", re.IGNORECASE)
_ALT = re.compile(r"\balt\s{0,5}=\s{0,5}\"([^\"<>]{1,200})\"", re.IGNORECASE)


def safe_html(html: str) -> str:
    """The same words with nothing in it that runs, loads or hides."""
    noted = _IMAGE.sub(_note, html[:LONGEST].replace("\x00", ""))
    if _tangled(noted):
        return f"<pre>{escape(_TAG.sub(' ', noted), quote=False)}</pre>"
    return nh3.clean(
        noted,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=GONE,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    ).strip()


def _tangled(html: str) -> bool:
    """Whether its nesting is none that a mail program makes; only its words are kept then."""
    opened: dict[str, int] = {}
    deep = marks = 0
    for piece in html.split("<")[1:]:
        if len(piece) > LONGEST_TAG and ">" not in piece[:LONGEST_TAG]:
            return True
        begins = _BEGINS.match(piece)
        name = begins.group(2).lower() if begins else ""
        if begins is None or name in _VOID or name in _CLOSED:
            continue
        step = -1 if begins.group(1) else 1
        if step < 0 and not opened.get(name):
            continue
        opened[name] = opened.get(name, 0) + step
        deep += step
        marks += step if name in _MARKS else 0
        if deep > DEEPEST or marks > OPEN_MARKS:
            return True
    return False


def _note(found: re.Match[str]) -> str:
    source = _SOURCE.search(found.group(1))
    if source is None:
        return ""
    alt = _ALT.search(found.group(1))
    words = f" {alt.group(1)}" if alt else ""
    if source.group(1):
        return escape(f"[image{words}: {source.group(1)}]")
    return escape(f"{REMOTE}{words}")


_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|hr|/blockquote)\b[^<>]{0,200}>", re.I)
_ITEM = re.compile(r"<li\b[^<>]{0,200}>", re.IGNORECASE)
_QUOTE = re.compile(r"<(/?)blockquote\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"[ \t\r\f\v\xa0]{2,}")
_EMPTY = re.compile(r"\n{3,}")


def text_of(safe: str) -> str:
    """The text of safe HTML; what stands in a blockquote is marked as quoted."""
    flat = " ".join(safe.split("\n"))
    pieces = _QUOTE.split(flat)  # text, slash, text, slash, text …
    depth, out = 0, [_plain(pieces[0])]
    for slash, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        depth = max(0, depth - 1) if slash else min(depth + 1, 10)
        mark = ">" * depth + " " if depth else ""
        out.append("\n".join(mark + line if line else mark.strip()
                             for line in _plain(piece).split("\n")))  # fmt: skip
    return _EMPTY.sub("\n\n", "\n".join(out)).strip()


def _plain(piece: str) -> str:
    piece = _ITEM.sub("\n- ", _BREAKS.sub("\n", piece))
    words = unescape(_TAG.sub("", piece))
    return "\n".join(_SPACE.sub(" ", line).strip() for line in words.split("\n")).strip("\n")
