# SPDX-License-Identifier: Apache-2.0
"""Our statements against the genuine schema of ISO 20022, where it lies beside the sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.unit.messages.made_papers import made_statement

from skontro.messages.camt053 import camt053_of

GENUINE = Path(__file__).parents[2] / "../shared/data/iso20022/camt.053.001.08.xsd"
CURRENCIES = st.sampled_from(["EUR", "INR", "JPY", "KWD", "CLF"])
LIMIT = 10**17


@pytest.fixture(scope="module")
def genuine() -> etree.XMLSchema:
    if not GENUINE.exists():
        pytest.skip("the genuine camt.053.001.08.xsd is not beside the sources")
    return etree.XMLSchema(etree.parse(GENUINE))


@settings(max_examples=40, deadline=None)
@given(
    amounts=st.lists(st.integers(-LIMIT, LIMIT), max_size=5), currency=CURRENCIES,
    name=st.text(max_size=200), opening=st.integers(-LIMIT, LIMIT),
    firm=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"),
                 min_size=1, max_size=64),
)  # fmt: skip
def test_whatever_we_write_is_valid(
    genuine: etree.XMLSchema, amounts: list[int], currency: str, name: str, opening: int, firm: str
) -> None:
    """Any amounts, currencies, names and ids: what passes our own schema passes the genuine."""
    paper = made_statement(amounts, currency=currency, opening=opening, name=name, firm=firm)
    genuine.assertValid(etree.fromstring(camt053_of(paper)))


def test_a_genuine_schema_finds_faults(genuine: etree.XMLSchema) -> None:
    spoilt = camt053_of(made_statement([100])).replace(b"BOOK", b"BOOKED")
    assert not genuine.validate(etree.fromstring(spoilt))
