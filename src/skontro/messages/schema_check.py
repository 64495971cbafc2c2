# SPDX-License-Identifier: Apache-2.0
"""Every message is checked against a schema of our own before it leaves.

The schemas in ``schemas/`` know just what we write, and say of it at least as much as the genuine
ones: what they let through, those let through as well. Tests hold that.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING

from skontro.core.errors import InvariantViolation

if TYPE_CHECKING:
    from lxml import etree


def check_schema(data: bytes, name: str) -> None:
    """Stop a message that is not as its schema says.

    Large messages are checked as they are read, and never stand in memory as a tree.

    Args:
        data: The message.
        name: Of the message, such as ``pain.001.001.09``.

    Raises:
        InvariantViolation: It is not valid; the place and the reason are in the message.

    Example:
        >>> check_schema(b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
        ...              "pain.001.001.09")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        skontro.core.errors.InvariantViolation: pain.001.001.09, line 1: Element ...
    """
    from lxml import etree

    schema = schema_of(name)
    try:
        reading = etree.iterparse(
            BytesIO(data), events=("end",), tag=_MANY, schema=schema,
            no_network=True, load_dtd=False, huge_tree=True, recover=False,
        )  # fmt: skip
        for _, element in reading:
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise InvariantViolation(f"{name}, line {line}: {error.msg}", code="SchemaRefuses",
                                 next_step="report this; nothing left") from None  # fmt: skip


_MANY = ("{*}CdtTrfTxInf", "{*}MvmntRcrd", "{*}Ntry")
"""Of these there are many: each is let go once it was checked."""


@cache
def schema_of(name: str) -> etree.XMLSchema:
    """Return our own schema of a message.

    Args:
        name: Such as ``pain.001.001.09``.

    Raises:
        FileNotFoundError: We write no such message.
    """
    from lxml import etree

    text = resources.files("skontro.messages").joinpath("schemas", f"{name}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))
