"""Make `govuk.css` small: `sass … | python trim.py > govuk.css` (see README.md beside this file).

Takes compressed CSS on standard input and leaves out what our pages never use: fallbacks of
custom properties that `commonweal.css` always sets, repeated inherited fonts, vendor prefixes
of long supported properties, and the classes in `UNUSED`.
"""

from __future__ import annotations

import re
import sys

UNUSED = re.compile(
    r"govuk-link--(?:muted|text-colour|inverse|no-underline|no-visited-state)|govuk-link-image"
    r"|govuk-section-break|govuk-summary-card|govuk-button--(?:start|inverse)|button__start-icon"
    r"|govuk-frontend-supported|govuk-(?:caption|label|fieldset__legend)-{1,2}x"
    r"|govuk-summary-list__row--no|govuk-list--spaced|checkboxes__conditional"
    r"|radios__conditional|radios__divider|checkboxes__divider|govuk-input--extra-letter"
    r"|govuk-body-lead|visually-hidden-focusable|summary-list--no-border|govuk-label-wrapper"
)
RULE = re.compile(r"([^{}@]+)\{([^{}]*)\}")


def keep(rule: re.Match[str]) -> str:
    """The rule without unused selectors, or nothing where none is left."""
    selectors = [s for s in rule[1].split(",") if not UNUSED.search(s)]
    declarations = [
        d
        for d in rule[2].split(";")
        if d and not re.match(r"-webkit-(?!appearance)|-moz-|font-family:inherit", d)
    ]
    if not selectors or not declarations:
        return ""
    return ",".join(selectors) + "{" + ";".join(declarations) + "}"


def trim(css: str) -> str:
    """The smaller style sheet, one rule a line."""
    css = css.lstrip("\ufeff")
    css = re.sub(r"(var\(--govuk-[a-z-]+),\s*#[0-9a-f]+\)", r"\1)", css)
    css = re.sub(r"@media print\{:root\{[^{}]*\}\s*\}", "", css)
    css = re.sub(r":root\{--govuk-(?:brand|text)-[^{}]*\}", "", css)
    css = RULE.sub(keep, css)
    css = re.sub(r"@(?:media|supports)[^{}]+\{\s*\}", "", css)
    return re.sub(r"\}(?!\})\s*", "}\n", css)


if __name__ == "__main__":
    sys.stdout.write(trim(sys.stdin.read()))
