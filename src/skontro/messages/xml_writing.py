# SPDX-License-Identifier: Apache-2.0
"""How messages are written as XML: element by element, to the last byte the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from skontro.house.addresses import PostalAddress
from skontro.house.identifiers import BankAccount
from skontro.messages.orders import DEMONSTRATION, Party

if TYPE_CHECKING:
    from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
NOT_PROVIDED = "NOTPROVIDED"


class Xml:
    """Writes one message.

    Args:
        inside: What lxml writes to.
    """

    def __init__(self, inside: Any) -> None:
        from lxml import etree

        self._inside = inside
        self._make = etree.Element
        self._sub = etree.SubElement

    @contextmanager
    def element(self, name: str) -> Iterator[None]:
        """What is written within stands inside this element."""
        with self._inside.element(name):
            yield

    def new(self, name: str) -> etree._Element:
        """Return a new element, to be filled and then put."""
        return self._make(name)

    def leaf(self, parent: etree._Element, name: str, text: str = "") -> etree._Element:
        """Add an element, with a text unless it is empty; return it."""
        made = self._sub(parent, name)
        if text:
            made.text = text
        return made

    def put(self, element: etree._Element) -> None:
        """Write an element that is filled."""
        self._inside.write(element)

    def text(self, name: str, text: str) -> None:
        """Write an element with nothing but a text."""
        made = self._make(name)
        made.text = text
        self._inside.write(made)


@contextmanager
def message(into: IO[bytes], name: str, *, is_demonstration: bool) -> Iterator[Xml]:
    """Write a message into a stream.

    Args:
        into: Where to.
        name: Of the message, such as ``pain.001.001.09``.
        is_demonstration: Whether it says so on top.
    """
    from lxml import etree

    with etree.xmlfile(into, encoding="UTF-8") as file:
        file.write_declaration()
        if is_demonstration:
            file.write(etree.Comment(f" {DEMONSTRATION}: not a payment order of a real house "))
        space = NAMESPACE + name
        with file.element(f"{{{space}}}Document", nsmap={None: space}):
            yield Xml(file)


# ---- what messages have in common --------------------------------------------------------------


def add_party(
    xml: Xml, parent: etree._Element, name: str, party: Party, where: PostalAddress | None
) -> None:
    """Add a party: its name, its address part by part, its LEI."""
    made = xml.leaf(parent, name)
    if party.name:
        xml.leaf(made, "Nm", party.name)
    if where is not None:
        add_address(xml, made, where)
    if party.lei:
        organisation = xml.leaf(xml.leaf(made, "Id"), "OrgId")
        xml.leaf(organisation, "LEI", party.lei)


def add_address(xml: Xml, parent: etree._Element, where: PostalAddress) -> None:
    """Add an address, each part where it belongs."""
    made = xml.leaf(parent, "PstlAdr")
    for name, text in (
        ("StrtNm", where.street), ("BldgNb", where.building), ("PstCd", where.postcode),
        ("TwnNm", where.town), ("CtrySubDvsn", where.region), ("Ctry", where.country),
    ):  # fmt: skip
        if text:
            xml.leaf(made, name, text)
    for line in where.lines:
        xml.leaf(made, "AdrLine", line)


def add_account(
    xml: Xml, parent: etree._Element, name: str, account: BankAccount, currency: str = ""
) -> None:
    """Add an account by its IBAN, or its national number."""
    made = xml.leaf(parent, name)
    identity = xml.leaf(made, "Id")
    if account.iban:
        xml.leaf(identity, "IBAN", account.iban)
    else:
        xml.leaf(xml.leaf(identity, "Othr"), "Id", account.bban or NOT_PROVIDED)
    if currency:
        xml.leaf(made, "Ccy", currency)


def add_agent(xml: Xml, parent: etree._Element, name: str, account: BankAccount) -> None:
    """Add the bank of an account: by BIC, by clearing code, or as not provided."""
    made = xml.leaf(xml.leaf(parent, name), "FinInstnId")
    if account.bic:
        xml.leaf(made, "BICFI", account.bic)
    if account.clearing_code:
        system, _, number = account.clearing_code.partition(":")
        member = xml.leaf(made, "ClrSysMmbId")
        xml.leaf(xml.leaf(member, "ClrSysId"), "Cd", system)
        xml.leaf(member, "MmbId", number)
    if not account.bic and not account.clearing_code:
        xml.leaf(xml.leaf(made, "Othr"), "Id", NOT_PROVIDED)


def has_bank(account: BankAccount) -> bool:
    """Whether it is known at which bank an account is."""
    return bool(account.bic or account.clearing_code)
