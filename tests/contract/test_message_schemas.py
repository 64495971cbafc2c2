# SPDX-License-Identifier: Apache-2.0
"""Our own schemas against the genuine ones: every message we write is valid, and nothing passes
ours that the genuine refuses."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from tests.made_orders import INDIAN, order, order_file, request

from skontro.messages.orders import Party
from skontro.messages.pacs009 import PACS009, pacs009
from skontro.messages.pacs029 import PACS029, pacs029
from skontro.messages.pain001 import PAIN001, pain001
from skontro.messages.schema_check import schema_of

GENUINE = Path(__file__).parents[2].parent / "shared/data/iso20022"
WORDS = ("", " ", "x", "NL", "nl", "EUR", "0", "1", "-1", "1.5", "1.123456", "1e5", "A" * 36,
         "A" * 141, "9" * 19, "2026-02-30", "2026-02-05T25:00:00Z", "NL91ABNA0417164300",
         "ABNANL2A", "SEPA", "TRF", "CHK", "CRDT", "é", "\u202e")  # fmt: skip


def full() -> dict[str, bytes]:
    """One message of each kind and rail, with everything in it that can be."""
    orders = (
        order("a", group="settlement", ultimate_debtor=Party("D", lei="5493001KJTIIGC8Y1R12"),
              ultimate_creditor=Party("C")),
        order("b", reference="RF18539007547034", group="border"),
    )  # fmt: skip
    indian = order("c", account=INDIAN, group="return")
    return {
        f"{PAIN001} plain": pain001(order_file(*orders, indian)),
        f"{PAIN001} sepa": pain001(order_file(*orders), "sepa"),
        f"{PAIN001} cbpr-2026": pain001(order_file(*orders, indian), "cbpr-2026"),
        f"{PACS009} TGT": pacs009(order_file(*orders), "TGT", "ABNANL2A"),
        f"{PACS029} TGT": pacs029(request(-3_00, 1_00, 2_00)),
    }


@cache
def genuine(name: str) -> etree.XMLSchema:
    path = GENUINE / f"{name}.xsd"
    if not path.is_file():
        pytest.skip(f"the genuine schema is not here: {path.name}")
    return etree.XMLSchema(file=str(path))


@pytest.mark.parametrize("what", list(full()))
def test_every_message_is_valid_by_the_genuine_schema(what: str) -> None:
    root = etree.fromstring(full()[what])
    genuine(what.partition(" ")[0]).assertValid(root)


# ---- mutated -----------------------------------------------------------------------------------


def _text(node: etree._Element, dice: random.Random) -> None:
    node.text = dice.choice(WORDS)


def _gone(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def _twice(node: etree._Element, dice: random.Random) -> None:
    if node.getparent() is not None:
        node.addnext(copy.deepcopy(node))


def _moved(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.insert(dice.randrange(len(parent)), node)


def _renamed(node: etree._Element, dice: random.Random) -> None:
    other = dice.choice(list(node.getroottree().iter(etree.Element)))
    node.tag = other.tag


def _attribute(node: etree._Element, dice: random.Random) -> None:
    node.set("Ccy", dice.choice(("EUR", "eur", "EURO", "")))


def _foreign(node: etree._Element, dice: random.Random) -> None:
    etree.SubElement(node, "{urn:other}Extra").text = "x"


CHANGES: tuple[Callable[[etree._Element, random.Random], None], ...] = (
    _text, _gone, _twice, _moved, _renamed, _attribute, _foreign,
)  # fmt: skip


def mutated(data: bytes, seed: int) -> Iterator[etree._Element]:
    """The message with one to three things in it changed, again and again."""
    dice = random.Random(seed)
    for _ in range(150):
        root = etree.fromstring(data)
        for _ in range(dice.randint(1, 3)):
            node = dice.choice(list(root.iter(etree.Element)))
            dice.choice(CHANGES)(node, dice)
        yield root


@pytest.mark.parametrize("what", list(full()))
def test_nothing_passes_ours_that_the_genuine_refuses(what: str) -> None:
    """Goal: our schema lets no message through that the genuine one does not.

    Method: 150 messages a kind, each with one to three texts, elements or attributes changed,
    moved, doubled or taken out. Some must pass ours, else nothing is tested; most must not.
    """
    name, passed = what.partition(" ")[0], 0
    ours, theirs = schema_of(name), genuine(name)
    for root in mutated(full()[what], 7):
        if ours.validate(root):
            passed += 1
            assert theirs.validate(root), etree.tostring(root)
    assert 3 < passed < 75


@pytest.mark.parametrize("what", list(full()))
def test_ours_refuses_what_is_changed(what: str) -> None:
    """The same without the genuine schemas: what is not as we write it does not pass ours."""
    ours = schema_of(what.partition(" ")[0])
    data = full()[what]
    assert ours.validate(etree.fromstring(data))
    refused = 0
    for root in mutated(data, 11):
        refused += not ours.validate(root)
    assert refused > 75
    for bad in (data.replace(b":xsd:", b":xsx:", 1), data.replace(b"Document", b"Docement")):
        assert not ours.validate(etree.fromstring(bad))
