# SPDX-License-Identifier: Apache-2.0
"""One file of a bank: which message it is, and its parts handed to whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from skontro.core.money import shorten
from skontro.house.bank import BankFile
from skontro.messages.bank_files.returns import Returns
from skontro.messages.bank_files.statements import Statements
from skontro.messages.bank_files.status import Statuses
from skontro.messages.bank_files.values import Values
from skontro.messages.xml_reading import MOST_STREAMED, Element, refuse_xml, stream_xml


class Parts(Protocol):
    """Reads one kind of message, part by part."""

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """The parts it is handed when each is whole, by the names from below the message down."""

    def take(self, where: tuple[str, ...], element: Element) -> None:
        """Read a part; ``where`` is one of its places."""

    def file(self, kind: str) -> BankFile:
        """Return all that was read."""


MESSAGES: dict[str, tuple[str, Callable[[Values], Parts]]] = {
    "camt.052": ("BkToCstmrAcctRpt", Statements),
    "camt.053": ("BkToCstmrStmt", Statements),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", Statements),
    "pain.002": ("CstmrPmtStsRpt", Statuses),
    "pacs.002": ("FIToFIPmtStsRpt", Statuses),
    "pacs.004": ("PmtRtr", Returns),
}
"""Messages that are read: the name of what stands in the document, and who reads it."""

_SPACE = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:((?:camt|pain|pacs)\.[0-9]{3})\.[0-9]{3}\.[0-9]{2}"
)
_RECORDS = sorted(
    {"Document", *(where[-1] for each in (Statements, Statuses, Returns) for where in each.places)}
)


def read_bank_file(
    source: bytes | Path, *, name: str = "", most: int = MOST_STREAMED
) -> BankFile:
    """Read one file of a bank, all of it or nothing.

    Args:
        source: The bytes, or the file that holds them.
        name: What messages call it; empty for the name of the file.
        most: How many bytes it may have.

    Returns:
        What it says, the same whatever the version of the message.

    Raises:
        NoSuchFile: There is no such file.
        XmlRefused: It is no safe XML, none of the messages in :data:`MESSAGES`, or says something
            that cannot be: an amount that is not exact, a currency that does not fit its account.

    Example:
        >>> read_bank_file(b'<Document xmlns="urn:x"/>', name="a.xml")
        Traceback (most recent call last):
        skontro.core.errors.XmlRefused: a.xml, line 1: 'urn:x' is no message of a bank that is read
    """
    name = name or (source.name if isinstance(source, Path) else "the file")
    parts: Parts | None = None
    document: Element | None = None
    kind, message, ended = "", "", False
    for element in stream_xml(source, records=_RECORDS, most=most, name=name):
        where, above = _where(element, document)
        if parts is None and above is not None:
            document = above
            kind, message, make = _message_of(above, name)
            parts = make(Values(name, above.tag[1:].rpartition("}")[0]))
        if above is None or parts is None or document is None:
            continue
        if ended:
            raise refuse_xml("XmlTwoRoots", name, "there is a second message in it",
                             element.sourceline or 0)  # fmt: skip
        if element is document:
            ended = True
            _check_message(element, message, name)
        elif element.tag.startswith(document.tag[: -len("Document")]):
            if where[0] != message or where[1:] not in parts.places:
                raise refuse_xml("BankFileInvalid", name, f"there is a {where[-1]} where none may "
                                 "stand", element.sourceline or 0, next_step="ask the bank for the "
                                 "file as its schema has it")  # fmt: skip
            parts.take(where[1:], element)
    if parts is None or not ended:
        raise refuse_xml("XmlNamespace", name, "there is no message of a bank in it")
    return parts.file(kind)


def _where(
    element: Element, document: Element | None
) -> tuple[tuple[str, ...], Element | None]:
    """Return the names from below the document down to an element, and the document."""
    names = list[str]()
    here = element
    while here is not None:
        local = here.tag.rpartition("}")[2]
        if local == "Document":
            above = here.getparent()
            if above is None or above.getparent() is None:
                return tuple(reversed(names)), here
        names.append(local)
        here = here.getparent()
    return (), None


def _message_of(
    document: Element, name: str
) -> tuple[str, str, Callable[[Values], Parts]]:
    """Return which message a document is: with its version, its name, and who reads it."""
    space = document.tag[1:].rpartition("}")[0] if document.tag.startswith("{") else ""
    found = _SPACE.fullmatch(space)
    if found is None or found.group(1) not in MESSAGES:
        raise refuse_xml(
            "XmlNamespace", name, f"{shorten(space, 80)!r} is no message of a bank that is read",
            document.sourceline or 0,
            next_step=f"one of {', '.join(MESSAGES)} is read here; payment orders and invoices "
            "are not",
        )  # fmt: skip
    message, make = MESSAGES[found.group(1)]
    return space.rpartition(":")[2], message, make


def _check_message(document: Element, message: str, name: str) -> None:
    """Refuse a document that holds something else than its namespace says, or two of it."""
    # what was read of the message is forgotten by now, and the message itself is still there
    tags = [one.tag.rpartition("}")[2] for one in document]
    if tags != [message]:
        held = shorten(", ".join(tags), 60) or "nothing"
        raise refuse_xml("XmlNamespace", name, f"it holds {held}, not one {message}",
                         document.sourceline or 0)  # fmt: skip
